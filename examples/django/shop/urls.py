"""The routes."""

from django.urls import path

from orders.webhook import stripe_webhook

# Stripe calls the URL exactly as it was configured there, and takes a redirect to one with a slash for a failure.
urlpatterns = [path("stripe/webhook", stripe_webhook)]
