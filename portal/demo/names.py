"""Names and area codes of many places, for sample families."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Culture:
    """Surnames, and given names of children, mothers, and fathers that go with them."""

    surnames: tuple[str, ...]
    children: tuple[str, ...]
    mothers: tuple[str, ...]
    fathers: tuple[str, ...]


@cache
def cultures() -> tuple[Culture, ...]:
    """Read names.toml, once a family is made."""
    tables = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
    return tuple(
        Culture(**{kind: tuple(map(str.strip, names.split(","))) for kind, names in table.items()})
        for table in tables.values()
    )


AREA_CODES = """
    425 253 360 509 564 503 541 971 208 406 307 801 385 435 702 775 725 415 510 408 650 707 916
    925 209 559 661 805 818 213 310 323 424 562 626 714 760 858 619 949 951 909 602 480 623 520
    928 505 575 303 720 970 719 316 402 308 605 701 218 320 612 651 763 952 507 715 608 414 262
    920 515 319 563 641 712 816 314 636 573 417 660 913 785 620 405 918 580 214 469 972 817 940
    903 254 512 210 830 361 956 713 281 832 936 409 979 806 325 432 915 318 337 225 504 985 601
    662 228 205 256 251 334 404 770 678 706 912 229 478 904 352 386 407 321 813 727 941 239 305
    954 561 772 850 803 843 864 704 980 919 984 336 910 828 252 804 757 540 434 276 703 571 202
    301 240 410 443 302 215 267 610 484 717 570 814 412 724 609 856 732 908 973 201 862 212 646
    718 347 917 516 631 914 845 518 607 315 585 716 203 860 401 617 857 508 774 781 978 413 603
    802 207 604 250 403 780 306 204 416 647 905 519 613 514 450 418 506 902 709
""".split()  # noqa: SIM905 -- a list would be 226 lines
"""Of the United States and Canada, without 206, where the demo's schools are."""
