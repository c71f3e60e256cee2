"""A Dask scheduler and workers started as an operator would, with certificates made for the occasion."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: A run that killed its worker is not given to the next one by Dask: the queue decides that.
RULES = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}


class Authority:
    """A certificate authority in a folder, and what it signs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = _name("test authority")
        self.ca = self._write("ca.pem", self._sign(self._name, self._key, authority=True))

    def issue(self, name: str) -> dict[str, str]:
        """Return paths of a certificate: ``ca_file``, ``cert`` and ``key``."""
        key = ec.generate_private_key(ec.SECP256R1())
        cert = self._write(f"{name}.pem", self._sign(_name(name), key, authority=False))
        secret = self._folder / f"{name}.key"
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return {"ca_file": self.ca, "cert": cert, "key": str(secret)}

    def _sign(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        draft = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            # Newer Pythons check by the letter of RFC 5280, which wants these.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if authority:
            draft = draft.add_extension(_signs(), critical=True)
        return draft.sign(self._key, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate) -> str:
        path = self._folder / name
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)


def _signs() -> x509.KeyUsage:
    words = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    words += ("key_agreement", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(key_cert_sign=True, **dict.fromkeys(words, False))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def variables(tls: Mapping[str, str]) -> dict[str, str]:
    """What the service is told of its certificate."""
    names = {"ca_file": "CA", "cert": "CERT", "key": "KEY"}
    return {f"FOLDSIGHT_DASK_{names[part]}": path for part, path in tls.items()}


class Site:
    """A scheduler in the folder of its logs; workers can be added and killed."""

    def __init__(self, folder: Path, tls: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, {**os.environ, **RULES, **environment}
        self._tls = ["--tls-ca-file", tls["ca_file"], "--tls-cert", tls["cert"], "--tls-key", tls["key"]]
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = self._found(r"(tls://127\.0\.0\.1:\d+)", "scheduler0.log")

    def worker(self, *resources: str) -> subprocess.Popen[bytes]:
        """Start a worker with the preload that operators are told of; return once it is registered."""
        number = len(self.processes)
        preload = "foldsight_server.dispatch.preload"
        words = [
            "--preload",
            preload,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--memory-limit",
            "0",
        ]
        words += ["--resources", ",".join(["FOLD=1", *resources]), "--local-directory", str(self._folder)]
        process = self._start("worker", self.address, *words)
        self._found(r"(Registered to)", f"worker{number}.log")
        return process

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        path = self._folder / f"{what}{len(self.processes)}.log"
        with path.open("wb") as log:
            command = [sys.executable, "-m", "distributed.cli.dask_" + what, *words, *self._tls]
            self.processes.append(
                subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, cwd=self._folder)
            )
        return self.processes[-1]

    def _found(self, pattern: str, log: str) -> str:
        deadline = time.monotonic() + 60
        while True:
            text = (self._folder / log).read_text(errors="replace")
            if found := re.search(pattern, text):
                return found[1]
            assert self.processes[-1].poll() is None, text
            assert time.monotonic() < deadline, text
            time.sleep(0.05)


@contextlib.contextmanager
def running(folder: Path, tls: Mapping[str, str], **environment: str) -> Iterator[Site]:
    """Give a scheduler; it and its workers are ended afterwards."""
    site = Site(folder, tls, environment)
    try:
        yield site
    finally:
        for process in site.processes:
            process.kill()
            process.wait()
