"""Unique keys are seen in whatever way they are defined."""

import pytest

from hookassay.scan.checks.unique_keys import unique_columns
from hookassay.scan.source import Source


@pytest.mark.parametrize(
    "text",
    [
        "stripe_session_id TEXT NOT NULL UNIQUE,",
        "UNIQUE KEY `session` (`stripe_session_id`),",
        "UNIQUE (stripe_session_id)",
        "CREATE UNIQUE INDEX session ON orders (stripe_session_id);",
        "CREATE TABLE sold (id int, stripe_session_id text primary key, total int)",
        "stripeSessionId String @unique",
        "@@unique([stripeSessionId])",
        'stripeSessionId: text("stripe_session_id").notNull().unique(),',
        "@Index({ unique: true })\n@Column() stripeSessionId: string;",
        "stripe_session_id: {\n  type: DataTypes.STRING,\n  unique: true,\n},",
        "stripe_session_id = models.CharField(max_length=255, unique=True, null=False)",
        "stripe_session_id = models.CharField(\n    max_length=255,\n    unique=True,\n)",
        'UniqueConstraint(\n    "stripe_session_id",\n)',
        't.index ["stripe_session_id"], name: "session", unique: true',
        "$table->string('stripe_session_id')->unique();",
        "#[ORM\\Column(unique: true)]\nprivate string $stripeSessionId;",
        'StripeSessionID string `gorm:"uniqueIndex;not null"`',
        "schema.index({ stripe_session_id: 1 }, { unique: true });",
    ],
)
def test_a_unique_key_is_seen(text: str) -> None:
    """Each way to define one names the column."""
    assert "stripesessionid" in unique_columns(Source("orders.ts", text, "typescript"))


@pytest.mark.parametrize(
    "text",
    [
        "validates :stripe_session_id, uniqueness: true",
        "'stripe_session_id' => 'required|unique:orders',",
        "stripe_session_id = Column(String, unique=False)",
        "stripe_session_id TEXT, -- not unique",
        "id uuid primary key default gen_random_uuid(), stripe_session_id text",
    ],
)
def test_what_only_asks_is_none(text: str) -> None:
    """A validation looks before it stores, as the handler does, and another column's key is another's."""
    assert not unique_columns(Source("orders.rb", text, "ruby"))
