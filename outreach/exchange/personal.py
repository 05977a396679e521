"""What is personal, in one visible list: every column of every table, in one of three classes.

*open* may leave the house in an export. *personal* leads to a somebody, or is theirs: it is left out unless asked for.
*secret* is nobody's to read (hashes, tokens): it is in backups only. A row's own id is open; whose it is, is not.
A column that is in no list leaves in backups only, and a test fails until somebody has thought about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column


@dataclass(frozen=True, slots=True)
class Classes:
    """Names of columns, by spaces."""

    open: str = ""
    personal: str = ""
    secret: str = ""


COLUMNS: Final[Mapping[str, Classes]] = {
    "api_tokens": Classes("id name scopes created_at expires_at used_at revoked_at", "", "token_hash"),
    "applications": Classes("id opening_id state created_at updated_at", "person_id"),
    "audit": Classes("id at user_id via action entity", "entity_id before after"),
    "audience_members": Classes("audience_id", "person_id"),
    "audiences": Classes("id name filter created_at updated_at", "made_by"),
    "booking_cells": Classes("practitioner_id cell booking_id", "person_id"),
    "booking_closed_days": Classes("provider_id day"),
    "booking_hours": Classes("provider_id weekday starts ends"),
    "booking_providers": Classes(
        "id kind name county place phone visits step_minutes lead_minutes horizon_days active"
    ),
    "booking_services": Classes("id provider_id position name minutes price"),
    "bookings": Classes(
        "id service_id practitioner_id starts_at minutes state created_at updated_at", "person_id place"
    ),
    "call_items": Classes("id delivery_id page scope expires_at created_at heard_at", "purpose data"),
    "bridges": Classes("id task_id user_id asked_at dialled_at outcome ended_at", "call_id"),
    "calls": Classes(
        "id carrier delivery_id called state mode streams breaks node page language sequence reason started_at"
        " ended_at",
        "number person_id session_id next_step",
        "carrier_call_id token_hash",
    ),
    "campaign_answers": Classes("id item_id question channel at", "answer"),
    "campaign_items": Classes(
        "id run_id variant channel state reason due_at tries delivery_id heard_at acted_at updated_at",
        "person_id address",
    ),
    "campaign_moves": Classes("id campaign_id verb was became why at", "by"),
    "campaign_rehearsals": Classes(
        "id campaign_id version people seed percent begun_at ended_at outcome", "by"
    ),
    "campaign_runs": Classes("id campaign_id starts_at ends_at planned open fed_at grown_at ended_at"),
    "campaigns": Classes(
        "id name state audience growing holdout_percent content channel fallback scope schedule per_minute line"
        " created_at updated_at next_at version",
        "made_by",
    ),
    "case_messages": Classes("id case_id created_at", "file words"),
    "case_notes": Classes("id case_id user_id at state", "words"),
    "cases": Classes(
        "id kind state urgent assignee_id created_at updated_at", "number person_id", "pin_hash"
    ),
    "console_drafts": Classes("", "", "id user_id path fields created_at"),
    "console_sessions": Classes("", "", "id token_hash user_id created_at seen_at ended_at"),
    "consents": Classes("id scope wording channel given_at withdrawn_at", "person_id evidence"),
    "counselors": Classes("id county active", "name phone"),
    "deliveries": Classes(
        "id channel scope state reason due_at expires_at attempts created_at updated_at priority line begun_at",
        "purpose person_id address body fallback",
        "owner lease_until carrier_id",
    ),
    "duty_hours": Classes("id counselor_id weekday starts ends"),
    "employer_visits": Classes("id employer_id counselor_id visited_on openings_found created_at", "words"),
    "employers": Classes(
        "id name kind county place staff disabled_staff has_room created_at retired_at version",
        "contact phone notes",
    ),
    "import_rows": Classes(
        "import_id line verdict outcome", "key cells understood remarks before record_id written"
    ),
    "event_sign_ups": Classes("id event_id coming confirmed_at created_at updated_at", "person_id place"),
    "events": Classes(
        "id kind name county place transport starts_on ends_on begins hours content bring places contact phone"
        " published_at cancelled_at"
    ),
    "imports": Classes(
        "id target kind state good_rows lines fresh changed same repeated refused done kept"
        " created_at updated_at applied_at undone_at",
        "file_name layout made_by",
    ),
    "inbound_messages": Classes("id carrier kind received_at", "session_id person_id", "carrier_message_id"),
    "job_alerts": Classes("id county kind created_at", "person_id"),
    "known_devices": Classes("", "", "user_id token_hash created_at"),
    "line_visits": Classes("id channel line county at", "source person_id"),
    "milestones": Classes("id goal county words reached_on created_at"),
    "needs": Classes(
        "id kind state next_on counselor_id created_at updated_at version", "person_id words next_step"
    ),
    "openings": Classes(
        "id title employer kind county place places pay shifts lodging requirements access exam contact phone source"
        " owner_id checked_on published_at expires_on filled_at version"
    ),
    "people": Classes(
        "id county language speed wordiness patience counselor_id created_at last_call_at contact_by"
        " contact_from contact_until",
        "phone name erase_at township birth_year category",
        "pin_hash",
    ),
    "person_skills": Classes("skill", "person_id"),
    "policies": Classes("id topic position title source source_on offered"),
    "policy_paragraphs": Classes("policy_id position words"),
    "practitioner_breaks": Classes("practitioner_id weekday starts ends"),
    "practitioners": Classes("id provider_id active", "name phone"),
    "produce_offers": Classes(
        "id kind county share_phone state expires_on created_at updated_at", "person_id file written words"
    ),
    "produce_wishes": Classes("offer_id created_at", "person_id"),
    "recordings": Classes(
        "id call_id purpose seconds created_at expires_at heard_at heard_by",
        "person_id file transcript kept_because",
    ),
    "saved_openings": Classes("opening_id saved_at", "person_id"),
    "services_given": Classes("id kind given_on counselor_id created_at", "person_id words"),
    "sessions": Classes("turn updated_at", "id person_id state"),
    "sign_in_attempts": Classes("", "", "id bucket at"),
    "speakers": Classes("said_at", "source person_id"),
    "task_notes": Classes("id task_id user_id at", "words"),
    "tasks": Classes(
        "id kind assignee_id done_at done_by counselor_id opening_id recording_id call_id done created_at",
        "purpose person_id phone",
    ),
    "staff_pins": Classes("", "", "user_id pin_hash"),
    "timers": Classes("id page handler due_at until failures set_at scope rung", "occasion data person_id"),
    "title_entries": Classes("id round_id state created_at updated_at heard_at", "person_id"),
    "title_papers": Classes("id round_id position name hint"),
    "title_rounds": Classes(
        "id level body year notice_on unit_by county_by city_by province_by review_from review_until"
        " publicity_from publicity_until contact phone source"
    ),
    "title_rules": Classes("round_id position words"),
    "title_ticks": Classes("entry_id paper_id ready ticked_at"),
    "title_wishes": Classes("level created_at", "person_id"),
    "training_courses": Classes("id name field organiser content audience material papers fee certificate"),
    "training_registrations": Classes(
        "id session_id session_seats state seat queued_at offer_until confirmed_at collected_at created_at"
        " updated_at",
        "person_id",
    ),
    "training_sessions": Classes(
        "id course_id county place transport board starts_on ends_on begins hours seats waiting_places"
        " deadline_on contact phone certificate_place certificate_until published_at cancelled_at"
    ),
    "tries": Classes("id about pooled tried_at", "", "asker"),
    "users": Classes(
        "id role counselor_id language active created_at", "login name", "password_hash totp_secret totp_step"
    ),
    "webhook_events": Classes("id kind at", "data"),
    "webhook_sends": Classes("id webhook_id event_id state attempts answer due_at"),
    "webhooks": Classes("id kinds active why created_at", "", "url secret"),
}


def leaves(column: Column[object], personal: bool) -> bool:
    """May the column be in an export? ``personal``: personal data were asked for."""
    classes = COLUMNS.get(column.table.name, Classes())
    return column.name in classes.open.split() or (personal and column.name in classes.personal.split())
