"""The application."""

from __future__ import annotations

from fastapi import FastAPI

from .payments import router

app = FastAPI()
app.include_router(router, prefix="/payments")
