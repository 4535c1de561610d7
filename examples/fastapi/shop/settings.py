"""What differs from place to place, from the environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """STRIPE_WEBHOOK_SECRET, ORDERS_TOKEN and DATABASE_URL. With an empty secret everyone could sign: it is refused."""

    stripe_webhook_secret: SecretStr = Field(min_length=1)
    orders_token: SecretStr = Field(min_length=1)
    """What a reader of orders must present as bearer token."""
    database_url: str = "sqlite:///shop.db"
