"""The application: uvicorn shop.main:app"""

from fastapi import FastAPI

from . import orders, webhook
from .database import open_database
from .settings import Settings

app = FastAPI(title="Shop")
app.state.settings = Settings()
app.state.engine = open_database(app.state.settings.database_url)
app.include_router(webhook.router)
app.include_router(orders.router)
