"""Billing in Python, with the package baton-worker; its records are in an SQLite file."""

import os
import sqlite3
from typing import Any

from baton_worker import TaskContext, TaskFailure, Worker

worker = Worker("billing-python")
records = sqlite3.connect(os.environ.get("BILLING_DATABASE", "billing.db"), timeout=30, isolation_level=None)
records.execute("CREATE TABLE IF NOT EXISTS customers(user TEXT PRIMARY KEY, plan TEXT)")


@worker.activity("billing-create-customer")
async def create_customer(order: Any, context: TaskContext) -> dict[str, str]:
    user, plan = user_of(order), order.get("plan")
    if plan not in ("free", "basic", "pro", "team", "enterprise"):
        raise TaskFailure("Billing.UnknownPlan", f"there is no plan {plan}")
    if "billing-declined" in user:
        raise TaskFailure("Billing.CardDeclined", f"the card of {user} was declined")
    if "billing-flaky" in user and context.attempt < 2:
        raise TaskFailure("Billing.Unavailable", "the payment provider does not answer")
    # A task may come twice: what is there already stays as it is.
    records.execute("INSERT OR IGNORE INTO customers VALUES (?, ?)", (user, plan))
    return {"customerId": f"cus_{user}", "plan": plan}


@worker.activity("billing-delete-customer")
async def delete_customer(order: Any, context: TaskContext) -> dict[str, bool]:
    return {"deleted": records.execute("DELETE FROM customers WHERE user = ?", (user_of(order),)).rowcount > 0}


def user_of(order: Any) -> str:
    user = order.get("userId") if isinstance(order, dict) else None
    if not isinstance(user, str) or not user:
        raise TaskFailure("Billing.InvalidUserId", "there is no user without an id")
    return user


if __name__ == "__main__":
    worker.main()
