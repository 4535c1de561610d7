"""Settings from the environment."""

from __future__ import annotations

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """What the shop is told."""

    database_url: str
    stripe_secret_key: str
    stripe_webhook_secret: str
    port: int = 8000


settings = Settings()
