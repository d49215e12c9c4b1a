"""The rows of the table of failures. A failure of ours that is new belongs here, with an example in its test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

from ..backend.mmearth import protocol
from .messages import tr


@dataclass(frozen=True)
class Case:
    """One row of the table; the named groups of `text` are the placeholders of `cause`.

    Args:
        endings: Signals by name, or Windows status codes as "0xC0000135".
        text: Regular expression, searched in the last lines.
        system: The row holds only where `sys.platform` begins so.
    """

    name: str
    code: str
    cause: str
    remedy: str
    text: str = ""
    endings: Tuple[str, ...] = ()
    system: str = ""


def cases() -> List[Case]:
    """Returns the table. The first row that holds counts: what brings about others stands before them."""
    return [
        *_of_devices_and_memory(),
        *_of_disks(),
        *_of_downloads(),
        *_of_networks(),
        *_of_environments(),
        *_of_crashes(),
    ]


def _of_devices_and_memory() -> List[Case]:
    less = tr("Close other programs, choose a smaller extent or set a lower memory limit, then start it again.")
    return [
        Case(
            "killed-for-memory",
            protocol.RESOURCE,
            tr("The system ended it, most likely because the memory was full."),
            less,
            endings=("SIGKILL",),
        ),
        Case(
            "gpu-memory",
            protocol.RESOURCE,
            tr("The memory of the graphics card is full."),
            tr("Close other programs that use the card, choose a smaller batch, or choose the CPU as device."),
            text=r"(?:CUDA|MPS|HIP)[^\n]* out of memory|CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED",
        ),
        Case(
            "gpu-driver-too-old",
            protocol.RESOURCE,
            tr("The driver of the graphics card is too old for this version of PyTorch."),
            tr("Update the NVIDIA driver and restart the computer, or choose the CPU as device."),
            text=r"driver on your system is too old|CUDA driver version is insufficient",
        ),
        Case(
            "gpu-not-supported",
            protocol.RESOURCE,
            tr("This version of PyTorch was not built for this graphics card."),
            tr("Choose the CPU as device, or use an environment of your own with a PyTorch made for the card."),
            text=r"no kernel image is available|CUDA capability sm_\d+ is not compatible",
        ),
        Case(
            "memory",
            protocol.RESOURCE,
            tr("There was not enough memory, or the Windows paging file is too small."),
            less,
            text=r"std::bad_alloc|\bMemoryError\b|can't allocate memory|Cannot allocate memory|\[Errno 12\]"
            r"|\[WinError (?:8|1455)\]",
            endings=("0xC0000017", "0xC000012D"),
        ),
    ]


def _of_disks() -> List[Case]:
    return [
        Case(  # only uv writes errors of the system in this way
            "no-space-to-unpack",
            protocol.RESOURCE,
            tr("The disk was full while packages were unpacked."),
            tr(
                "Free space on the disk of the backend, or choose another folder for it "
                "(panel MMEarth > … > Backend), then try again."
            ),
            text=r"\(os error (?:28|112|122)\)",
        ),
        Case(
            "no-space-for-download",
            protocol.RESOURCE,
            tr("The disk was full while packages were downloaded, or your share of it is used up."),
            tr(
                "Free space there, or choose another folder for the backend, then try again: what was downloaded is "
                "kept."
            ),
            text=r"\bdownload: [^\n]*(?:\[Errno (?:28|122)\]|\[WinError 112\])",
        ),
        Case(
            "disk-full",
            protocol.RESOURCE,
            tr("The disk is full, or your share of it is used up."),
            tr("Free space on the disk of the output folder and of the temporary files, then start it again."),
            text=r"\[Errno (?:28|122)\]|\[WinError 112\]|No space left on device|Disk quota exceeded",
            endings=("0xC000007F",),
        ),
        Case(
            "path-too-long",
            protocol.RESOURCE,
            tr("A path is longer than Windows allows."),
            tr(
                "Have long paths enabled in Windows (LongPathsEnabled), or use an environment of your own in a folder "
                "with a short path."
            ),
            text=r"\[WinError 206\]|\(os error 206\)|Long Path support|LongPathsEnabled",
        ),
        Case(
            "blocked-by-policy",
            protocol.RESOURCE,
            tr("A policy of this computer forbids the program to run."),
            tr("Ask your administrator to allow the Python of the environment, or use one that is allowed."),
            text=r"\[WinError (?:1260|4551)\]|\(os error (?:1260|4551)\)",
        ),
        Case(
            "locked-file",
            protocol.RESOURCE,
            tr("Windows refused access to a file: another program holds it, often a virus scanner."),
            tr(
                "Close other QGIS windows and wait a minute, then try again; if it happens again, "
                "have the folder of the QGIS profile left out of the virus scan."
            ),
            text=r"\[WinError (?:5|32)\]|\[Errno 13\]|\(os error (?:5|32)\)",
            system="win32",
        ),
        Case(
            "cannot-write",
            protocol.RESOURCE,
            tr('A file or folder is read-only or belongs to someone else: "{said}".'),
            tr("Make it writable for yourself, or start QGIS with a profile in a folder that is (--profiles-path)."),
            text=r"(?P<said>\[Errno (?:13|30)\].{0,160}|[^\n]{0,160}\(os error (?:13|30)\))",
        ),
    ]


def _of_downloads() -> List[Case]:
    """What QGIS's own network says: the number is the one of QNetworkReply::NetworkError."""
    return [
        Case(
            "qgis-proxy-wants-password",
            protocol.RESOURCE,
            tr("The proxy of this network asks for a user name and a password (407)."),
            tr(
                'Enter them in QGIS under Settings > Options > Network, "Use proxy for web access", then try again; '
                "your administrator knows them."
            ),
            text=r"QNetworkReply (?:105 |\d+ \(HTTP 407\))",
        ),
        Case(
            "qgis-proxy-unreachable",
            protocol.RESOURCE,
            tr("The proxy that is set for QGIS does not answer."),
            tr("Check the proxy in QGIS under Settings > Options > Network, then try again."),
            text=r"QNetworkReply (?:10[1-4]|199) ",
        ),
        Case(
            "qgis-certificate",
            protocol.RESOURCE,
            tr("The certificate of the server is not trusted; often a proxy or a virus scanner reads the connection."),
            tr(
                "Ask your administrator for the certificate of the network and import it in QGIS under "
                "Settings > Options > Authentication > Manage Certificates > Authorities, then try again; "
                "check the computer's clock, too."
            ),
            text=r"QNetworkReply 6 ",
        ),
        Case(
            "login-page",
            protocol.RESOURCE,
            tr('A web page of "{host}" came in place of the file, as from a network that wants you to log in first.'),
            tr(
                "Open any page in a web browser and log in to the network, and check the proxy in QGIS under "
                "Settings > Options > Network and the address of the package index, then try again."
            ),
            text=r"QNetworkReply brought a web page of (?P<host>[^\s]{0,200})",
        ),
        Case(
            "file-not-on-server",
            protocol.RESOURCE,
            tr("The server does not have the file ({status})."),
            tr("Check the address of the package index (panel MMEarth > … > Backend), or update the plugin."),
            text=r"QNetworkReply \d+ \(HTTP (?P<status>404|410)\)",
        ),
        Case(
            "access-refused",
            protocol.RESOURCE,
            tr("The server, or a firewall before it, refuses access ({status})."),
            tr(
                "Check the address of the package index (panel MMEarth > … > Backend), with user name and password "
                "where it wants them, or ask your administrator to allow it."
            ),
            text=r"QNetworkReply \d+ \(HTTP (?P<status>4\d\d)\)",
        ),
        Case(
            "server-error",
            protocol.RESOURCE,
            tr("The server has a fault of its own ({status})."),
            tr("Try again later: what was downloaded is kept."),
            text=r"QNetworkReply \d+ \(HTTP (?P<status>5\d\d)\)",
        ),
        Case(
            "bad-redirect",
            protocol.RESOURCE,
            tr("The server sends on to an address that is not secure, or in circles."),
            tr("Check the address of the package index (panel MMEarth > … > Backend); it begins with https://."),
            text=r"QNetworkReply 1[01] ",
        ),
        Case(
            "qgis-no-network",
            protocol.RESOURCE,
            tr("The server cannot be reached: there is no network, or a firewall stands before it."),
            tr(
                "Connect to the internet, check the proxy in QGIS under Settings > Options > Network, or have the "
                "firewall allow the server, then try again."
            ),
            text=r"QNetworkReply (?:1|3|7|8|9) ",
        ),
        Case(
            "qgis-connection-lost",
            protocol.RESOURCE,
            tr("The connection broke off, or stood still for too long."),
            tr(
                "Try again: what was downloaded is kept. Where the network is slow, raise the timeout in QGIS under "
                "Settings > Options > Network."
            ),
            text=r"QNetworkReply \d",
        ),
    ]


def _of_networks() -> List[Case]:
    return [
        Case(
            "proxy-wants-password",
            protocol.RESOURCE,
            tr("The proxy of this network asks for a user name and a password (407)."),
            tr(
                "Put the address of the proxy, with user name and password, into the variable HTTPS_PROXY before "
                "QGIS starts, then try again; your administrator knows it."
            ),
            text=r"\b407\b[^\n]*Proxy|Proxy[^\n]*\b407\b",
        ),
        Case(
            "certificate",
            protocol.RESOURCE,
            tr("The certificate of the server is not trusted; often a proxy or a virus scanner reads the connection."),
            tr(
                "Ask your administrator for the certificate of the network, and set the variables PIP_CERT and "
                "SSL_CERT_FILE to its file before QGIS starts; check the computer's clock, too."
            ),
            text=r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SELF_SIGNED_CERT|unable to get local issuer",
        ),
        Case(
            "proxy-unreachable",
            protocol.RESOURCE,
            tr("The proxy that is set for this computer does not answer."),
            tr("Check the variables HTTP_PROXY and HTTPS_PROXY and the proxy of the system, then try again."),
            text=r"ProxyError|Cannot connect to proxy",
        ),
        Case(
            "no-network",
            protocol.RESOURCE,
            tr("The server cannot be reached: there is no network, or a firewall stands before it."),
            tr("Connect to the internet or have the firewall allow it, then try again."),
            text=r"getaddrinfo failed|Name or service not known|[Nn]ame resolution|nodename nor servname"
            r"|Network is unreachable|No route to host|Failed to establish a new connection|Connection refused",
        ),
        Case(
            "connection-lost",
            protocol.RESOURCE,
            tr("The connection broke off during a download."),
            tr("Try again, with a faster or a steadier network if there is one."),
            text=r"Read timed out|ReadTimeout|ConnectTimeout|Connection (?:reset|aborted|broken)|IncompleteRead",
        ),
        Case(
            "damaged-download",
            protocol.RESOURCE,
            tr("A downloaded package is not the one that is expected: its content is damaged or was changed."),
            tr("Try again; if it happens again, a proxy changes downloads: ask your administrator, install nothing."),
            text=r"DO NOT MATCH THE HASHES|Hash mismatch|BadZipFile|has an invalid wheel|Wheel [^\n]* is invalid",
        ),
    ]


def _of_environments() -> List[Case]:
    again = tr("Install the backend again (panel MMEarth > … > Backend).")
    return [
        Case(
            "glibc-too-old",
            protocol.PROTOCOL,
            tr("This system is older than the packages: {library} is missing."),
            tr("Update the system, or use an environment of your own with packages made for it."),
            text=r"version [`'](?P<library>GLIBC(?:XX)?_[\d.]+)' not found",
        ),
        Case(
            "wrong-architecture",
            protocol.PROTOCOL,
            tr("The program was made for another kind of processor or system."),
            tr("Choose a Python of 64 bits made for this computer, then install the backend again."),
            text=r"Exec format error|not a valid Win32 application|\[WinError (?:193|216)\]|incompatible architecture"
            r"|Bad CPU type|wrong ELF class",
            endings=("0xC000007B",),
        ),
        Case(
            "visual-c-runtime",
            protocol.PROTOCOL,
            tr("Windows could not load a library; most often the Visual C++ runtime is missing or old."),
            tr(
                'Install "Microsoft Visual C++ Redistributable 2015-2022 (x64)" from Microsoft, restart the computer '
                "and try again; if that does not help, install the backend again."
            ),
            text=r"DLL load failed|\[WinError (?:126|127|1114)\]",
            endings=("0xC0000135", "0xC0000139", "0xC0000142"),
        ),
        Case(
            "missing-library",
            protocol.PROTOCOL,
            tr('The system lacks the library "{library}".'),
            tr("Install it with the package manager of the system, then try again."),
            text=r"(?<![\w.+-])(?P<library>[\w.+-]{1,80}\.so[\w.]{0,20}): cannot open shared object file",
        ),
        Case(
            "python-too-old",
            protocol.PROTOCOL,
            tr("The Python is too old, or too new, for the packages of the backend."),
            tr("Choose a Python from 3.11 to 3.13, then install the backend again."),
            text=r"Requires-Python|requires a different [Pp]ython|SyntaxError: |No module named '?tomllib\b"
            r"|cannot import name '(?:StrEnum|Self|UTC)'",
        ),
        Case(
            "plugin-incomplete",
            protocol.PROTOCOL,
            tr("The folder of the plugin is not complete."),
            tr("Remove the plugin, install it again and restart QGIS."),
            text=r"No module named '?mmearth\b",
        ),
        Case(
            "binary-mismatch",
            protocol.PROTOCOL,
            tr("The packages of the environment do not fit together: NumPy, PyTorch or GDAL was replaced."),
            again,
            text=r"numpy\.dtype size changed|compiled using NumPy 1|multiarray failed to import|_ARRAY_API not found"
            r"|undefined symbol|Symbol not found|Numpy is not available",
        ),
        Case(
            "missing-module",
            protocol.PROTOCOL,
            tr('The environment of the backend is not complete: the module "{module}" is missing.'),
            again,
            text=r"No module named '?(?P<module>[\w.]+)",
        ),
    ]


def _of_crashes() -> List[Case]:
    return [
        Case(
            "illegal-instruction",
            protocol.INTERNAL,
            tr("A library used an instruction that this processor does not have, as ones without AVX."),
            tr("Use a newer computer, or an environment of your own with a PyTorch built for this processor."),
            text=r"Illegal instruction",
            endings=("SIGILL", "0xC000001D"),
        ),
        Case(
            "bus-error",
            protocol.RESOURCE,
            tr(
                "A file that was in use became shorter or unreachable: a full disk, or a network folder that went away."
            ),
            tr("Check the disk and the network folder, copy the scene to a local disk and start it again."),
            text=r"Bus error",
            endings=("SIGBUS", "0xC0000006"),
        ),
        Case(
            "segmentation-fault",
            protocol.INTERNAL,
            tr("A library of the backend crashed (access to memory that is not its own)."),
            tr(
                "Start it again; if it happens again, choose the CPU as device, update the graphics driver or build "
                "the environment again, and report it with the log, please."
            ),
            text=r"Segmentation fault|access violation",
            endings=("SIGSEGV", "0xC0000005", "0xC0000374", "0xC0000409", "0xC00000FD"),
        ),
        Case(
            "aborted",
            protocol.INTERNAL,
            tr("A library of the backend gave up because of an error of its own."),
            tr("Start it again; if it happens again, report it with the log, please."),
            endings=("SIGABRT",),
        ),
        Case(
            "ended-from-outside",
            protocol.INTERNAL,
            tr("Another program or the end of the session ended it."),
            tr("Start it again."),
            endings=("SIGTERM", "0xC000013A"),
        ),
    ]
