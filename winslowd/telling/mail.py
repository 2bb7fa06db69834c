"""Tells by mail, through the SMTP server that the settings name. Blocking, so it runs in a thread; each step has a deadline."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from winslow.errors import FailedPrecondition, Unavailable

STEP_WITHIN = 10.0
"""Seconds for each step of the conversation."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. Without a `user` nobody logs in."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


def send(mail: EmailMessage, server: MailServer, tls: ssl.SSLContext) -> None:
    """Return once the server has taken it. Raises Unavailable (TELLING_FAILED), FailedPrecondition (TELLING_REFUSED)."""
    try:
        with _opened(server, tls) as line:
            if server.security == "starttls":
                line.starttls(context=tls)
            if server.user:
                line.login(server.user, server.password)
            line.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()), (0, b""))
        raise _refused(f"{mail['To']} is not taken by the mail server ({_said(code, said)})", code) from None
    except smtplib.SMTPAuthenticationError:
        raise _refused("the mail server does not take the login", 535) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(
            f"the mail server refuses it ({_said(error.smtp_code, error.smtp_error)})", error.smtp_code
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise _refused("the mail server has neither the TLS nor the login that the settings want", 500) from None
    except UnicodeError:  # a host, a user or a password that SMTP cannot say
        raise _refused("the host or the login of the settings is not plain ASCII", 500) from None
    except ssl.SSLError as error:
        raise _failed(
            f"the mail server cannot be trusted: {getattr(error, 'verify_message', '') or error.reason}"
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        raise _failed(
            f"the mail server cannot be reached: {getattr(error, 'strerror', None) or type(error).__name__}"
        ) from None


def _opened(server: MailServer, tls: ssl.SSLContext) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=STEP_WITHIN, context=tls)
    return smtplib.SMTP(server.host, server.port, timeout=STEP_WITHIN)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return " ".join(f"{code} {text}".split())[:100]


def _refused(why: str, code: int) -> FailedPrecondition | Unavailable:
    """What a server says with 4xx may be otherwise later."""
    if 400 <= code < 500:
        return _failed(why)
    return FailedPrecondition(
        _sentence(why),
        reason="TELLING_REFUSED",
        subject="smtp",
        hint="Look at the address, and at the settings notify.smtp",
    )


def _failed(why: str) -> Unavailable:
    return Unavailable(
        _sentence(why),
        reason="TELLING_FAILED",
        subject="smtp",
        hint="Look at the settings notify.smtp; it is tried again",
    )


def _sentence(why: str) -> str:
    return why[:1].upper() + why[1:]
