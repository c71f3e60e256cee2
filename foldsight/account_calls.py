"""One's own account and what is told of it: webhooks, deletion, the audit log, what left the house."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from foldsight.calls import Ask, Pages, ask, given, listing, operation, pages, post, rows, tell
from foldsight.typing import Json


def _ndjson(response: Any) -> list[Json]:
    return [json.loads(line) for line in response.text.splitlines()]


class AccountOperations:
    """Operations of an account; ids are UUIDs as texts."""

    @operation
    def webhooks(self, project: str) -> Ask[list[Json]]:
        """Return the webhooks of a project."""
        return rows(f"/projects/{project}/webhooks", "webhooks")

    @operation
    def org_webhooks(self, organization: str) -> Ask[list[Json]]:
        """Return the webhooks of an organisation."""
        return rows(f"/organizations/{organization}/webhooks", "webhooks")

    @operation
    def add_webhook(self, project: str, url: str, events: Sequence[str]) -> Ask[Json]:
        """Have a receiver told of ``job.finished`` and so on; ``secret`` is in this answer alone."""
        return post(f"/projects/{project}/webhooks", {"url": url, "events": list(events)})

    @operation
    def add_org_webhook(self, organization: str, url: str, events: Sequence[str]) -> Ask[Json]:
        """Have a receiver told of what happens in all projects of an organisation."""
        return post(f"/organizations/{organization}/webhooks", {"url": url, "events": list(events)})

    @operation
    def change_webhook(
        self, webhook: str, *, url: str | None = None, events: Sequence[str] | None = None,
        enabled: bool | None = None,
    ) -> Ask[Json]:  # fmt: skip
        """Change where a webhook goes or what it is told; disable it, or enable it again."""
        chosen = None if events is None else list(events)
        return ask("PATCH", f"/webhooks/{webhook}", json={"url": url, "events": chosen, "enabled": enabled})

    @operation
    def drop_webhook(self, webhook: str) -> Ask[None]:
        """Delete a webhook and its log."""
        return tell("DELETE", f"/webhooks/{webhook}")

    @listing
    def deliveries(self, webhook: str, state: str | None = None) -> Pages:
        """Yield what was or will be delivered, newest first."""
        return pages(f"/webhooks/{webhook}/deliveries", "deliveries", state=state)

    @operation
    def replay(self, webhook: str, delivery: str) -> Ask[Json]:
        """Deliver an event once more."""
        return post(f"/webhooks/{webhook}/deliveries/{delivery}/replay")

    @operation
    def billing(self) -> Ask[Json]:
        """Return what is paid for the accounts that the caller answers for, and until when."""
        return ask("GET", "/billing")

    @operation
    def buy(self, plan: str, organization: str | None = None, seats: int = 1) -> Ask[Json]:
        """Return under ``url`` a page of Stripe's where a plan can be paid for."""
        return post("/billing/checkout", {"plan": plan, "organization": organization, "seats": seats})

    @operation
    def manage_billing(self, organization: str | None = None) -> Ask[Json]:
        """Return under ``url`` Stripe's page for cards, invoices and the end of a subscription."""
        return post("/billing/portal", {"organization": organization})

    @operation
    def agree_beyond(self, predictions: int, organization: str | None = None) -> Ask[Json]:
        """Agree to pay for so many predictions of a month beyond the allowance; 0 for none."""
        body = {"predictions": predictions, "organization": organization}
        return ask("PUT", "/billing/beyond", json=body)

    @operation
    def change_seats(self, organization: str, seats: int) -> Ask[Json]:
        """Change how many seats an organisation pays for."""
        return ask("PUT", f"/organizations/{organization}/seats", json={"seats": seats})

    @operation
    def account(self) -> Ask[Json]:
        """Return when the account goes, if it does, and what that would mean."""
        return ask("GET", "/account")

    @operation
    def delete_account(self, confirm: str) -> Ask[Json]:
        """Have one's account deleted in thirty days; ``confirm`` is its id."""
        return post("/account/deletion", {"confirm": confirm})

    @operation
    def keep_account(self) -> Ask[None]:
        """Withdraw the deletion."""
        return tell("DELETE", "/account/deletion")

    @operation
    def audit_log(self, after: int = 0, limit: int = 200) -> Ask[list[Json]]:
        """Return what the caller did and answers for, oldest first, after an id; empty at the end."""
        return Ask("GET", "/audit", _ndjson, {"params": given(after=after, limit=limit)})

    @operation
    def job_disclosures(self, job: str) -> Ask[Json]:
        """Return what left the house for a job."""
        return ask("GET", f"/jobs/{job}/disclosures")

    @operation
    def structure_disclosures(self, structure: str) -> Ask[Json]:
        """Return what left the house when a structure was made."""
        return ask("GET", f"/structures/{structure}/disclosures")
