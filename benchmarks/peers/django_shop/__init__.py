"""A Stripe webhook on Django: `gunicorn django_shop.wsgi:application`."""
