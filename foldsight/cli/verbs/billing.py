"""``foldsight billing``: what is paid for, and how to change it.

Everything that has to do with cards happens on Stripe's pages; here are their addresses.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from importlib import import_module
from typing import Any

from foldsight.cli.answer import DONE, FAILED, Answer, Table
from foldsight.cli.console import Console
from foldsight.errors import BadRequest
from foldsight.typing import Json

_ACTIONS = ("show", "buy", "manage", "beyond", "seats", "doctor")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=_ACTIONS,
        default="show",
        help="show what is paid for (the default), buy a plan, manage what was bought, agree to predictions "
        "beyond the allowance, change the seats; doctor: examine the operator's account at Stripe",
    )
    parser.add_argument("value", nargs="?", help="buy: a plan; beyond: most of a month; seats: how many")
    parser.add_argument("--organization", help="id or name of an organisation; left out, your own account")
    parser.add_argument("--seats", type=int, help="buy: how many seats; left out, one for each member")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Do what ``action`` says."""
    if args.action == "doctor":
        return _examined()
    from foldsight.client import connect

    with connect() as service:
        return _done(service.workspace, args)


def _done(workspace: Any, args: argparse.Namespace) -> Answer:
    if args.action == "show":
        return _shown(workspace.billing())
    organization = _organization(workspace, args.organization)
    if args.action == "manage":
        return _page(workspace.manage_billing(organization), "Cards, invoices and the end of it:")
    if args.value is None:
        raise BadRequest(f"foldsight billing {args.action} what?", hint="See foldsight billing --help.")
    if args.action == "buy":
        seats = args.seats or (len(workspace.org_members(organization)) if organization else 1)
        return _page(workspace.buy(args.value, organization, seats), "To pay, open:")
    if args.action == "beyond":
        told = workspace.agree_beyond(_number(args.value), organization)
        words = (
            f"Up to {told['predictions']} predictions a month beyond the allowance are paid for one by one."
        )
        return Answer(told, words)
    if organization is None:
        raise BadRequest("Whose seats?", hint="Name it with --organization.")
    told = workspace.change_seats(organization, _number(args.value))
    return Answer(told, f"{told['seats']} seats; Stripe puts the difference on the next invoice.")


def _page(told: Json, words: str) -> Answer:
    return Answer(told, f"{words} {told['url']}")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise BadRequest(f"{text!r} is no number.", hint="Write digits.")
    return int(text)


def _organization(workspace: Any, named: str | None) -> str | None:
    if named is None:
        return None
    found = [row["id"] for row in workspace.organizations() if named in (row["id"], row["name"])]
    if len(found) != 1:
        raise BadRequest(f"{len(found)} organisations are called {named!r}.", hint="Give its id.")
    return str(found[0])


def _shown(found: Json) -> Answer:
    rows = [_row(account) for account in found["accounts"]]
    words = "" if found["sold"] else "This service sells no plans."
    return Answer(found, words, Table(("account", "plan", "subscription", "seats", "until"), rows))


def _row(account: Json) -> tuple[str, ...]:
    paid = account["subscription"]
    if paid is None:
        return str(account["name"]), str(account["plan"]), "none", "", ""
    until = str(paid["until"] or "")[:10]
    return (
        str(account["name"]),
        str(account["plan"]),
        str(paid["status"]),
        str(paid["seats"]),
        f"{until}, then it ends" if paid["ends"] else until,
    )


def _examined() -> Answer:
    """Examine the account that the environment names; in the operator's shell, not in a notebook."""
    settings = import_module("foldsight_server.billing.settings").read_billing()
    if settings is None:
        raise BadRequest("No account at Stripe is set up here.", hint="Set FOLDSIGHT_STRIPE_KEY.")
    stripe = import_module("foldsight_server.billing.gateway").Gateway(settings)
    found = asyncio.run(_asked(stripe))
    good = all(one.ok for one in found)
    rows = [(one.what, "good" if one.ok else "FAULT", one.says, "" if one.ok else one.mend) for one in found]
    table = Table(("what", "state", "found", "what would mend it"), rows)
    data = {"ok": good, "findings": [asdict(one) for one in found]}
    return Answer(data, table=table, status=DONE if good else FAILED)


async def _asked(stripe: Any) -> list[Any]:
    found: list[Any] = await import_module("foldsight_server.billing.doctor").examine(stripe)
    await stripe.close()
    return found
