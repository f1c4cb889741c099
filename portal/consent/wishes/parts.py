"""Parts that the rules share, and how rules become one pattern."""
# ruff: noqa: E501 -- parts, of words that belong together

import re

_PARTS = {
    "TEXTS": r"(?:texts?|messages?|sms|notifications?|alerts?|reminders|updates|spam|junk|"
    r"communications?|robo ?texts|text messages?|mass texts?|group texts?|mensajes|textos?|"
    r"notificacion(?:es)?|avisos?|alertas?|recordatorios?|comunicacion(?:es)?|publicidad)",
    "GERUND": r"(?:texting|messaging|contacting|bothering|spamming|harassing|bugging|pestering|"
    r"annoying|calling|notifying|pinging|emailing|writing|blowing up|hitting up|hitting|"
    r"reaching out to|communicating with)",
    "ME": r"(?:me|us|my (?:phone|cell|number|line)|this (?:phone|number|cell|line)|here|"
    r"the number|this)",
    "STOP": r"(?:stop|quit|cease|discontinue|halt|end|suspend|cancel|knock off|no more)",
    "FILL": r"(?:all|all of|of|the|these|those|this|that|your|my|any|so many|more|further|future|"
    r"school|automated|automatic|annoying|stupid|damn|dumb|fucking|freaking|constant|daily|"
    r"unwanted|random|from|coming|me|us|ya|los|las|sus|estos|esos|mas|tantos|de|la escuela)",
    "GET": r"(?:get|getting|receive|recieve|recive|recieving|receiving|have|having|see|seeing|be|being|to|in|on|part of|"
    r"any|anymore|more|of|the|these|those|this|your|school|automated|all|so many|future|further|"
    r"kind|type|you|guys|to be|for|from|keep|sending|send|me|us|it|signed up|included|enrolled|"
    r"subscribed|subscribe|continue|text)",
    "DONT": r"(?:dont|do not|never|do nt|please no|cant you not)",
    "POLITE": r"(?:please|thanks|thank you|por favor|gracias|ok|okay|now|already|anymore|ya|"
    r"immediately|asap|right now|today|at once|forever|for good|again|ever again|ever|"
    r"all together|altogether|completely|kindly|sir|maam|sorry|god|bless you|bye)",
    "SEND": r"(?:mand(?:e[ns]?|emos)|envi(?:e[ns]?)|escriba[ns]?|texte[ens]{1,2}|contacte[ns]?|"
    r"moleste[ns]?|mensaje(?:e[ns]?)|chingue[ns]?|joda[ns]?|fastidie[ns]?|comunique[ns]?)",
    "INF": r"(?:mand|envi|escrib|text|texti|texte|contact|molest|llam|mensaje|notific|comunic|chinga|"
    r"chingu|jod|fastidi|hostig|acos|spame)(?:ar|er|ir|ear|ando|iendo|eando|ndo)",
    "E": r"(?= ?[.?,])",
}


def rules(*patterns: str) -> re.Pattern[str]:
    """Join rules, with the parts that they name in capitals, into one pattern over whole words."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    for name, part in _PARTS.items():
        joined = joined.replace(name, part)
    return re.compile(rf"\b(?:{joined})(?=\W|$)|(?:(?<= )(?:{joined})(?=\W|$))")
