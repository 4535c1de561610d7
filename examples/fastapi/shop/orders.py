"""GET /orders?checkout_session=…: the orders of a Checkout Session, for who has the token."""

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from .database import Order

router = APIRouter()


class OrderShown(BaseModel):
    """An order as others see it; `total` and `refunded` are in the minor unit of `currency`."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    checkout_session: str
    customer_reference: str | None
    status: str
    refund_status: str
    dispute_status: str
    currency: str | None
    total: int | None
    refunded: int
    created_at: datetime


def authorized(request: Request, given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    """Refuse whoever does not present the token."""
    token = request.app.state.settings.orders_token.get_secret_value()
    if not secrets.compare_digest(given.credentials.encode(), token.encode()):
        raise HTTPException(403)


@router.get("/orders", dependencies=[Depends(authorized)])
def orders(request: Request, checkout_session: str) -> list[OrderShown]:
    """The orders of a Checkout Session: one, or none."""
    with Session(request.app.state.engine) as session:
        found = session.scalars(select(Order).where(Order.checkout_session == checkout_session))
        return [OrderShown.model_validate(order) for order in found]
