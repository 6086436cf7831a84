"""POST requests that are worth repeating: with back-off on 429, 5xx and broken connections, and never on anything
else."""

import time
from email.utils import parsedate_to_datetime

from ticktalk.converter.errors import DistillError, MissingToolError

ATTEMPTS = 6
FIRST_DELAY = 1.0  # seconds, doubled with every attempt
LONGEST_DELAY = 300.0  # a server that asks for more is not waited for
TIMEOUT = 120.0  # a long sentence on a slow server


class Client:
    """One server. `name` begins every message; `headers` go with every request."""

    def __init__(self, name: str, headers: dict[str, str]):
        try:
            import httpx
        except ImportError:
            raise MissingToolError(f"teacher {name} needs the package httpx: pip install 'ticktalk[corpus]'") from None
        self._name, self._httpx = name, httpx
        self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(TIMEOUT, connect=10.0))

    def post(self, url: str, body: dict) -> tuple[bytes, str]:
        """Body and content type of the answer. A body that ends before its announced length counts as a broken
        connection."""
        for attempt in range(1, ATTEMPTS + 1):
            delay = FIRST_DELAY * 2 ** (attempt - 1)
            try:
                answer = self._client.post(url, json=body)
            except (self._httpx.TransportError, self._httpx.DecodingError) as error:
                trouble = f"{type(error).__name__} {error}".strip()
            except self._httpx.InvalidURL as error:
                raise DistillError(f"teacher {self._name}: {url}: {error}") from None
            else:
                if answer.is_success:
                    return answer.content, answer.headers.get("content-type", "").partition(";")[0].strip().lower()
                trouble = f"HTTP {answer.status_code} {' '.join(answer.text.split())[:200]}".strip()
                if answer.status_code != 429 and answer.status_code < 500:
                    raise DistillError(f"teacher {self._name}: {url}: {trouble}{_hint(answer.status_code)}")
                delay = max(delay, _retry_after(answer.headers.get("retry-after", "")))
            if attempt == ATTEMPTS or delay > LONGEST_DELAY:
                asked = f" (it asks to wait {delay:.0f} s)" if delay > LONGEST_DELAY else ""
                raise DistillError(
                    f"teacher {self._name}: {url}: {trouble}, {attempt} times{asked}; run again later, what has come is kept"
                )
            time.sleep(delay)
        raise AssertionError("the last attempt returns or raises")


def _retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for; 0 if it says nothing."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def _hint(status: int) -> str:
    return "; is the key in the environment right?" if status in (401, 403) else ""
