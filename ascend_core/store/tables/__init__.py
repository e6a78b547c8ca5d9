"""The core's tables. SQLModel classes never leave the store."""

from ascend_core.store.tables.broadcasts import Broadcast, BroadcastGroup
from ascend_core.store.tables.flows import (
    Automation,
    AutomationEntry,
    Flow,
    FlowDraft,
    FlowVersion,
    Run,
    Timer,
    TraceLine,
)
from ascend_core.store.tables.forms import (
    Account,
    Activity,
    Cursor,
    DiscoveredField,
    FieldMapping,
    Form,
    PersonSetAside,
    Submission,
)
from ascend_core.store.tables.inbox import Conversation, RunArm
from ascend_core.store.tables.messages import (
    ChannelAccount,
    Click,
    ClickRequest,
    DeliveryEvent,
    ForgottenText,
    InboundText,
    IpKey,
    Link,
    Message,
    MessageDecision,
    SenderDay,
    Url,
)
from ascend_core.store.tables.people import Consent, ConsentEntry, GroupMember, Member, MemberField, MemberGroup
from ascend_core.store.tables.reports import ReportCell
from ascend_core.store.tables.rows import CoreRow
from ascend_core.store.tables.system import IdCounter, RateBucket, SealedSecret, Setting, Worker
from ascend_core.store.tables.webhooks import WebhookCall

__all__ = [
    "Account",
    "Activity",
    "Automation",
    "AutomationEntry",
    "Broadcast",
    "BroadcastGroup",
    "ChannelAccount",
    "Click",
    "ClickRequest",
    "Consent",
    "ConsentEntry",
    "Conversation",
    "CoreRow",
    "Cursor",
    "DeliveryEvent",
    "DiscoveredField",
    "FieldMapping",
    "Flow",
    "FlowDraft",
    "FlowVersion",
    "ForgottenText",
    "Form",
    "GroupMember",
    "IdCounter",
    "InboundText",
    "IpKey",
    "Link",
    "Member",
    "MemberField",
    "MemberGroup",
    "Message",
    "MessageDecision",
    "PersonSetAside",
    "RateBucket",
    "ReportCell",
    "Run",
    "RunArm",
    "SealedSecret",
    "SenderDay",
    "Setting",
    "Submission",
    "Timer",
    "TraceLine",
    "Url",
    "WebhookCall",
    "Worker",
]
