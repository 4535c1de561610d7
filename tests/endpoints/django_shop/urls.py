"""The one route."""

from __future__ import annotations

from django.urls import path

from .views import webhook

urlpatterns = [path("stripe/webhook", webhook)]
