"""Recognize a clear wish to get no more texts, in words other than a keyword: English or Spanish.

Rules only, over the words of one text. Each set first takes out what looks alike and means something
else ("don't stop texting me"), then looks for a wish in the rest. If in doubt, it is none:
staff read the text.
"""
# ruff: noqa: E501 -- rules, of words that belong together

import re
import unicodedata

from portal.consent.wish_words import words_of
from portal.enums import InboundKind

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
    "INF": r"(?:mand|envi|escrib|text|texte|contact|molest|llam|mensaje|notific|comunic|chinga|"
    r"chingu|jod|fastidi|hostig|acos|spame)(?:ar|er|ir|ear|ando|iendo|eando|ndo)",
    "E": r"(?= ?[.?,])",
}


def _rules(*patterns: str) -> re.Pattern[str]:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    for name, part in _PARTS.items():
        joined = joined.replace(name, part)
    return re.compile(rf"\b(?:{joined})(?=\W|$)|(?:(?<= )(?:{joined})(?=\W|$))")


_NOT_OURS = (
    r"(?:\w+ ){0,3}(?:committee|volunteers?|volunteering|pta|pto|carpool|car pool|bus|pickup|"
    r"pick up|waitlist|waiting list|wait list|snack|signup|sign up|roster|trip|potluck|cleanup|"
    r"clean up|chaperones?|board|club|team|lunch|emergency contacts?|emergency|class|game|party|"
    r"email|emails|e mail|newsletter|directory|photos?|yearbook|testing|tests?|sex ed|program|"
    r"exams?|assessments?|activity|activities|vaccine|study|survey|field|meals?|aftercare|"
    r"after school|practice|tutoring|homework club|soccer|band|choir|interview)"
)
_LOOKS_ALIKE = _rules(
    r"bus stops?|stop (?:by|in|over|at|sign|signs|light|watch)",
    # They want to go on.
    r"(?:dont|do not|never|didnt|did not|(?:wont|cant)(?! you)|not|doesnt|shouldnt|without|instead of) "
    r"(?:\w+ ){0,3}(?:stop|stopping|quit|cancel|unsubscribe|unsubscribed|opt out|opted out|"
    r"optout|remove|removed|take me off|taken off|drop me|delete|block|end)(?: [^.?,]*)?",
    r"(?:dont|do not|wouldnt|didnt|never|not) (?:want|wanna|mean|like|wish|need)(?: to)? "
    r"(?:miss|lose|stop|bother|bug|spam|annoy|unsubscribe|be removed|opt|come off|be rude|be a bother|"
    r"interrupt|disturb)[^.?,]*",
    r"(?:stop|unsubscribe|opted out|opt out|removed?|canceled|cancelled|block(?:ed)?|said no) "
    r"(?:\w+ ){0,4}(?:by|on) (?:accident|mistake)",
    r"(?:accidentally|mistakenly|by accident|by mistake) (?:\w+ ){0,4}"
    r"(?:stop|stopped|unsubscribe|opt|opted|block|blocked|removed?|cancel\w*)[^.?]*",
    r"stop\w* (?:getting|receiving) [^.?]* (?:and|but) i (?:want|need|would like|still)[^.?]*",
    # A question, or a complaint that they get none.
    r"why (?:did|do|does|have|has|are|am|was|were|is) (?:\w+ ){1,3}(?:stop|quit|cancel|"
    r"unsubscribe|removed?|taken|block|dont|not|no)[^.?]*",
    r"(?:did|has|have|had|was|were|am|are) (?:i|you|we|they|the|it|my|school)(?: \w+){0,3} "
    r"(?:stop|quit|cancel|canceled|unsubscribe|removed?|taken off|opted out|blocked)[^.?]*",
    r"(?:will|does|do|when|if) (?:the|these|your|i|they|it) (?:\w+ ){0,2}stop[^.?]*",
    r"(?:you|they|teacher|teachers|school|office|i|we|he|she|it|people|nobody|who|why|kids|"
    r"coach) (?:guys )?(?:dont|do not|never|no longer|cant|didnt)(?: even| ever)? (?:text|message|contact|"
    r"bother|call|email|notify|write|send|answer)[^.?,]*",
    r"(?:there (?:are|is|were|was)|theres|has|had|got|getting|get|received|receive|see|have|saw|"
    r"seen|been) no more [^.?,]*",
    # About a time, another person, or another way: not about all texts.
    r"DONT (?:\w+ )?(?:text|message|contact|call|bother|send)(?: me| us)?(?: \w+){0,3} (?:when|while|"
    r"until|till|unless|after \d+|after (?:nine|ten|dark|work|school|hours)|before|during|"
    r"at (?:\d+|night|work|midnight|dinner)|on (?:sundays?|saturdays?|weekends)|late|early|"
    r"so late|so early|this late|this early|about|back|if|in the (?:morning|middle))[^.?]*",
    r"STOP (?:GERUND|sending)(?: \w+){0,4} (?:while|until|unless|after \d+|during|"
    r"before \d+|at (?:\d+|night|midnight)|on (?:sundays?|weekends)|so late|so early|this late|"
    r"this early|in the middle of the night|in class|about)[^.?]*",
    r"(?:dont|do not|stop) (?:call|calling)(?: me)?\b[^.?]*\b(?:text|message|texting)[^.?]*",
    r"(?:remove|take|delete|drop|unsubscribe|opt|get|removed|taken|off)(?: me| us| my \w+| him| her)?"
    r"(?: out)?(?: of| off| off of| from| from the| the| your)+ " + _NOT_OURS + r"(?: [^.?,]*)?",
    r"(?:unsubscribe|unsubscribing|opted out|opt out|opt him out|opt her out|cancel)(?: of| from| my| the| our| his| her)* "
    + _NOT_OURS
    + r"(?: [^.?,]*)?",
    r"(?:delete|remove|change|replace|update) my old (?:number|phone|cell)[^.?]*",
    r"(?:tell|ask|told|asked|make|made|get|let|have|having) (?!you|ya|yall|it |this |these |them |the "
    r"(?:texts|messages)|all |your (?:texts|messages))(?:\w+ ){1,4}"
    r"(?:to )?(?:stop|quit)[^.?]*",
    r"(?:wont|cant|doesnt|didnt|never|couldnt|didn|he|she|son|daughter|kids|they|boys|girls|students|"
    r"child|someone) (?:to )?(?:stop|stops|stopped|quit)[^.?]*",
    r"(?:es|sera) (?:este|ese) (?:\w+ )?numero equivocado",
    # We had the number, or they did, in another sense.
    r"(?:i|we|my (?:husband|wife|mom|dad|ex)|husband|wife|she|he) (?:(?!you )\w+ ){0,2}(?:gave|give|put|"
    r"entered|wrote|typed|listed|dialed|called|texted|had|used|filled|sent|wrote down|have) (?:\w+ ){0,5}"
    r"(?:wrong|old|incorrect) (?:\w+ )?(?:number|phone|person|contact)[^.?]*",
    r"(?:is this|do i have|did i|was that|was it|isnt this|am i texting|is it|is that) "
    r"(?:\w+ ){0,3}wrong [^.?]*",
    r"wrong (?:number|phone|phone number|person|contact) (?:of|in|on (?:the|his|her|my|their|our)|for (?:my|"
    r"his|her|our|the|dad|mom|grandma|grandpa|school)|listed|at the|picked|signed|is|was)[^.?]*",
    r"(?:listed|has|have|had|on file|shows|says) (?:\w+ ){0,3}wrong (?:\w+ )?(?:number|phone)"
    r" (?:for|on|listed)[^.?]*",
    r"(?:meant|was|intended) for (?:my|another|someone)[^.?]*|i meant to text[^.?]*|oops [^.?]*",
    # Spanish: they want to go on, or complain that they get none.
    r"no (?:\w+ ){0,3}(?:dej(?:e[ns]?|ar|emos)|pare[ns]?|cancele[ns]?|suspenda[ns]?|detenga[ns]?|"
    r"borre[ns]?|elimine[ns]?) [^.?,]*",
    r"no (?:me |nos |lo |la )?(?:quiten|quite|quites|saquen|saque|borren|borre|eliminen|elimine|den de baja|"
    r"de de baja|des de baja|dejen|bloqueen)[^.?,]*",
    r"no (?:quiero|quisiera|deseo|queremos) (?:que )?(?:\w+ )?(?:perder\w*|dejar|deje[ns]?|salir\w*|darme|"
    r"cancelar|molest\w+|interrump\w+|borrar\w*|quedarme|faltar|pierd\w+)[^.?,]*",
    r"por ?que (?:ya |me |no |nos |se )*(?:\w+ )[^.?]*(?:mand|envi|lleg|recib|quit|sac|borr|dej|par)\w*"
    r"[^.?]*",
    r"(?:me|nos|los|ya) (?:quitaron|sacaron|borraron|eliminaron|bloquearon|cancelaron)[^.?,]*",
    r"no (?:me |nos )?(?:ha[ns]? |esta[ns]? |estan |he |hemos )?(?:lleg(?:a|an|o|aron|ado|aba|aban|ando)|recib(?:i|io|o|ido|imos|"
    r"ieron|iendo)|mandaron|enviaron|mandado|enviado|mando|envio)\b"
    r"[^.?]*",
    r"(?:sin querer|por error|por accidente|por equivocacion) (?:\w+ ){0,4}(?:stop|baja|borre|cancele|"
    r"bloquee|alto)[^.?]*",
    r"(?:stop|baja|cancelar|alto|bloquee) (?:\w+ ){0,3}(?:sin querer|por error|por accidente|"
    r"por equivocacion)[^.?]*",
    r"(?:de baja|dar de baja|cancelar|quitar(?:lo|la)?|sacar(?:lo|la)?|quiten|saquen|quiteme|saqueme)"
    r"(?: a (?:mi|mis|la|el) \w+)?(?: de| del| en| a| la| el| los| las| su| mi)* (?:\w+ ){0,2}(?:club|"
    r"bus|camion|autobus|equipo|almuerzo|lonche|curso|programa|transporte|taller|clase|actividad|"
    r"voluntari\w+|espera|recogida|excursion|paseo|cita|reunion|futbol|hij[oa]s?|nin[oa]s?|junta|banda|"
    r"coro|emergencia|desayuno|comedor|correo|correos|email|tutoria)(?: [^.?,]*)?",
    r"(?:puse|escribi|anote|tengo|marque|mande|di|dimos|anotamos|pusimos|tenia|tenemos|llene|dio|puso) "
    r"(?:\w+ ){0,4}(?:equivocad[oa]|incorrect[oa]|mal)[^.?]*",
    r"numero (?:equivocado|incorrecto) (?:de (?:mi|la|el|su|los)|en (?:mi|la|el|los|su)|del)[^.?]*",
    r"(?:no (?:me )?(?:llame|llamen|llames)|dejen? de llamar\w*)\b[^.?]*\b(?:mensajes|texto\w*|escrib\w+|"
    r"texte\w+)[^.?]*",
    r"no (?:me |nos )?(?:SEND)(?: \w+){0,3} (?:cuando|durante|antes|despues|tan tarde|tan temprano|"
    r"en la noche|de noche|de madrugada|a las|hasta|los (?:domingos|sabados|fines)|en el trabajo|"
    r"si|tarde)[^.?]*",
    r"(?:digan?|dile|diganle|pidan?|pidale|pidanle) (?:\w+ ){0,4}que (?:ya )?(?:no|deje|pare)[^.?]*",
)

_WRONG_NUMBER = _rules(
    r"wrong (?:phone |cell |damn |contact |fucking |telephone )?(?:number|phone|person|people|parent|guy|lady|woman|man|family|contact|cell|"
    r"mom|dad|mother|father|one|digits|telephone|recipient|numero)",
    r"(?:incorrect|mistaken) (?:number|phone|person|identity)",
    r"not the (?:right|correct) (?:phone |cell )?(?:number|person|parent|contact)",
    r"not the person (?:you|your)(?: \w+){0,3} (?:looking|trying|think|thinking|want)",
    r"not who (?:you|your)(?: \w+){0,3} (?:looking|trying|think|thinking|want|texting)",
    r"(?:this|that) (?:isnt|is not|aint|is no longer|isnt even|wasnt) (?:\w+ ){1,3}(?:number|phone|cell"
    r"|telephone|line)",
    r"(?:this|that) (?:number|phone|cell) (?:isnt|is not|aint|is no longer|doesnt belong|does not belong|"
    r"no longer belongs|never belonged) (?:\w+ ?){1,4}",
    r"(?:this|that|the|my) (?:\w+ )?(?:number|phone|cell) (?:now )?(?:belongs|belong) (?:\w+ )?to "
    r"(?:someone|somebody|another|a different|me now|a new)[^.?]*",
    r"this is (?:now )?(?:someone|somebody) elses? (?:number|phone|cell)|"
    r"this is (?:my|a) new number(?: now)? (?:and|but) (?:i|you)[^.?]*(?:dont|not|no)[^.?]*",
    r"(?:doesnt|dont|does not|do not|no longer) (?:\w+ )?(?:has|have|use|uses|own|owns|live|live at|"
    r"lives at|belong|belongs)(?: to| at)? (?:this|that) (?:\w+ )?(?:number|phone|cell|line)",
    r"(?:just|recently|only|i) (?:got|have|bought|received|was given|had|get) this (?:phone )?number "
    r"(?:\w+ ){0,3}(?:new|recently|last|yesterday|ago|week|month|from|today|days|weeks|months)",
    r"just got this (?:phone |cell )?(?:number|phone)|new owner of this|new to this number|"
    r"(?:previous|prior|last|old) owner(?: of (?:this|the))?|(?:number|phone) (?:was|got|has been) "
    r"(?:reassigned|recycled)|recycled number",
    r"(?:no one|nobody|noone|no body) (?:here |by |with |named |called |at this )(?:\w+ )*?(?:name|"
    r"named|called|number|here|that|has|goes|is)[^.?]*",
    r"there is no(?: one| body)? \w+ (?:here|at this number)",
    r"dont know (?:any|a|an|anyone|anybody|no|nobody|any kid|a kid|any child|any student|this|that)"
    r"(?: \w+)? ?(?:named|called|by that name|by the name|with that name|person|kid|child|student)",
    r"(?:dont|do not|never|no longer|doesnt)(?: even| ever)? (?:have|had|got)(?: any| a| no| "
    r"school age| any more| an)* (?:kids?|child|children|childs|son|daughter|students?|grandkids|kiddos?|"
    r"sons|daughters)(?: or \w+)?(?: (?:at all|enrolled|going|attending|that goes|who goes|that attends|"
    r"that go|who go|who attends|currently))*(?: (?:at|in|to|with)? ?(?:this|your|that|ur|any of your) "
    r"(?:\w+ )?(?:school|schools|district|place)| there| here| with you(?: guys)?|E)",
    r"(?:have|got) no (?:kids?|child|children|son|daughter|students?)(?: (?:at|in|to) (?:this|your|that) "
    r"(?:\w+ )?(?:school|schools|district)| there| here|E)",
    r"(?:im|i am) not (?:a|the|anyones|any) ?(?:parent|mom|dad|mother|father|guardian)"
    r"(?: (?:at|of a|of any|there|here|of this|of that|to)[^.?]*|E)(?! ?, im)",
    r"(?:you|your|ya|think you) (?:\w+ ){0,4}(?:confused|mixed up|mistaken)(?: \w+){0,2} (?:with|for) "
    r"(?:someone|somebody|another)[^.?]*",
    r"mistaken me for|(?:have|got|are) the wrong(?:E| (?:guy|gal|lady))",
    # Spanish
    r"(?:numero|telefono|persona|num|contacto)(?: es| esta| de telefono)* (?:equivocad[oa]|incorrect[oa]|erroneo|"
    r"errado|erronea)",
    r"(?:equivocad[oa]s?|equivocan|equivocaste|equivocaron|equivoco|confundid[oa]s?|confundieron|"
    r"confundio|confundiendo|equivocando) (?:\w+ ){0,2}(?:numero|persona|telefono|contacto|"
    r"familia|papa|mama)",
    r"(?:creo|pienso) que (?:se )?equivocaron(?= ?\.)|(?:me|se|te) (?:confundi\w+|estan? confundiendo|confunden|confunde) (?:con|de) (?:otra|otro|alguien|"
    r"persona|numero)[^.?]*",
    r"(?:esta|estan|estas|estoy seguro que estan) (?:muy )?equivocad[oa]sE",
    r"(?:este|ese|esto|el|aqui) ?(?:numero|telefono)? ?(?:ya )?no (?:es|era|pertenece|corresponde|le pertenece)"
    r" (?:\w+ ){0,2}(?:numero|telefono|de|a) ?\w*",
    r"(?:este|ese) (?:numero|telefono) (?:ahora )?(?:es|pertenece) (?:de|a) (?:otra|otro|alguien)[^.?]*",
    r"ya no (?:es|sera) (?:el |su )(?:numero|telefono)(?: de)?|no es (?:el |su )(?:numero|telefono) de",
    r"ya no (?:tiene|usa|utiliza) (?:este|ese) (?:numero|telefono)",
    r"(?:numero|telefono) (?:nuevo|reasignado|cambio de duen\w+)(?: y)? no (?:conozco|se)[^.?]*|"
    r"acabo de (?:adquirir|comprar|obtener|sacar|recibir) este (?:numero|telefono)|"
    r"(?:antiguo|anterior) duen\w+",
    r"no conozco a (?:ningun\w*|nadie (?:con|de|que se|llamad)|esa persona|esta persona|esas personas|ese nino|esa nina|ese senor|"
    r"esa senora|ese alumno|esa familia|quien)(?: \w+){0,3}",
    r"no (?:tengo|tenemos)(?: a)?(?: ningun\w*| ni| mas)* (?:hij[oa]s?|nin[oa]s?|estudiantes?|nadie|"
    r"alumnos?|familia)(?: ni \w+)?(?: estudiando| inscrit[oa]s?| que (?:va|vaya|estudie)\w*)?"
    r"(?: (?:en|a) (?:esa|esta|su|ese|tu) (?:\w+ )?(?:escuela|escuelas|colegio|distrito|plantel|"
    r"primaria|secundaria)| ahi| alli| aqui|E)",
    r"no soy (?:el |la |un |una )?(?:papa|mama|madre|padre|pariente|familiar|persona|tutor|tutora)"
    r"(?: de (?:ningun\w*|nadie|ese|esa|familia)| que (?:busca|cree|piensa)\w*| de \w+(?= ?\.)| de \w+(?= , (?!soy|su))"
    r"| de nadie)[^.?]*",
    r"no soy quien (?:\w+ )?(?:busca|cree|piensa)\w*|no soy la persona|no soy esa persona",
    r"aqui no (?:vive|hay|conocemos|es)(?: nadie| ningun\w*| esa persona)[^.?]*",
)
_STRANGER = re.compile(
    r"(?:[Tt]his (?:is not|is\s?n.?t|ain.?t)|\bI.?m not|\bI am not|\b[Nn]o soy|\b[Nn]ot|"
    r"[Nn]o conozco a|know (?:any|a)(?: kid named)?|[Nn]o [Ee]s el (?:n[uú]mero|tel[eé]fono|cel\w*) de) "
    r"(?!Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|"
    r"May|June|July|August|September|October|November|December|Spanish|English|OK|Ok|Covid|Mrs?|Ms|"
    r"Miss|Sure|Yet|Christmas|Halloween|Thanksgiving|Now|Today|Going|Able|Ready|Good|Coming|If|The)"
    r"[A-Z][a-záéíóúñ]+(?: [A-Z][a-záéíóúñ]+)?(?:.?s (?:mom|dad|mother|father|parent|number|phone|"
    r"cell|guardian))?\s*(?:$|[.,!;](?!\s*(?:soy|su|her|his|im|I.?m|it|but)\b)|anymore)"
)
"""A name that is not theirs: by its capital letter, in the text as it was typed."""

_FROM_LIST = (
    r"(?:list|lists|texts?|text list|thread|chat|group|distribution|system|database|alerts?|"
    r"messages?|messaging|mailing|service|contacts?|notifications?|records|subscription|blast|phone list|"
    r"calling list|this|here|these|it|everything|contact list)"
)
_STOP_EN = _rules(
    r"(?:stop|quit|cease|discontinue|halt|end|knock off|no more) (?:\w+ ){0,3}?GERUND"
    r"(?: to| up)? (?:ME|POLITE|E)",
    r"(?:stop|quit|cease|discontinue|no more) (?:with )?GERUNDE",
    r"(?:stop|quit|cease|discontinue|no more) (?:sending|send|sendin|giving|mandando|mandandome|"
    r"enviando|enviandome|sent)"
    r"(?: to)?(?: me| us| this (?:number|phone)| my (?:phone|number))?(?: (?:FILL|things|stuff))*"
    r" (?:TEXTS|these|this|those|them|stuff|things|crap|shit|anything|everything|junk|it|"
    r"to (?:this|my|me)|POLITE|E)",
    r"(?:stop|quit|cease|discontinue|halt|end|cancel|suspend|turn off|shut off|disable|deactivate|"
    r"silence|kill|shut down|cut off|no more|enough|enough with|enough of|done with|stop it with|"
    r"get rid of)(?: (?:getting|receiving|with|receive|get|all|FILL))* TEXTS",
    r"(?:turn|shut|switch|cut)(?: (?:FILL))* TEXTS off|turn (?:these|this|them|it) off",
    r"(?:stop|end|cancel|turn off|no more)(?: (?:getting|receiving|with|all|of))* "
    r"(?:these|those|this|them|the)E",
    r"(?:stop|quit) (?:getting|receiving|receive|recieving) (?:anything|any|these|this|them|those|"
    r"your|from|stuff|all|school)",
    r"(?:want|like|need|wish|trying|how (?:do|can|would|could) (?:i|we)(?: get (?:this|it|them|these|"
    r"you))?|how|ready|make (?:this|it)|want (?:this|it|these|you|them)|need (?:this|it|these|you|them)|make (?:this|it|"
    r"these|them|you)|make all (?:this|these)|ask(?:ed|ing)?(?: you(?: guys)?)?|told you(?: guys)?|tell you|get (?:this|these|it)|"
    r"request(?:ed|ing)?|can we|can i|want you guys|need you guys|asking)(?: to| for)*(?: please| just)*(?: to)? "
    r"(?:stop|end|quit|opt out|unsubscribe|be taken off|be removed|be off|get off|be deleted|be left alone)"
    r"(?:E| POLITE| (?:from )?(?:this|these|the|your|all|receiving|getting|my|of|it)(?:E| TEXTS| "
    + _FROM_LIST
    + r"))",
    r"(?:please|just|can you|could you|would you|will you|you need to|you have to|you must|i said|"
    r"i say|said|and|so|but|ok|kindly|hey|yo|guys|dude|god|omg|to you)(?: please| guys| all| just| kindly| all just)* (?:stop|quit)"
    r"(?: it| this| now| that| POLITE| all this| everything)*E",
    r"i (?:\w+ )?(?:said|texted|sent|replied|typed|told you|wrote|responded|put|answered|have said|have "
    r"texted|have replied)(?: \w+){0,2} stop(?:E| (?:already|and|but|to|POLITE|so|why|like|three|two|\d|"
    r"twice|many|several|times|yesterday|last|before))",
    r"remove (?:me|us|my (?:number|phone|cell|name|info|information|contact|phone number|cell number)|"
    r"this (?:number|phone|cell|contact|line)|mine|the number|number|myself)",
    r"(?:delete|erase|scratch|lose|forget|drop|strike|deactivate|unlist|clear) (?:my|this|the|mine|our) "
    r"?(?:number|phone|phone number|cell|cell number|name|contact|info|information)?(?: number)?"
    r"(?:E| POLITE| from| off| out| number)",
    r"(?:delete|drop|erase|unlist|strike) (?:me|us)(?:E| POLITE| from| off| out)",
    r"(?:take|get|keep|leave|pull|put) (?:me|us|my (?:\w+ )?(?:number|name|phone|cell|info)|"
    r"this (?:number|phone)|mine) (?:\w+ )?(?:off|out of|out|of)"
    r"(?: of)?(?: (?:this|your|the|that|all|any|all of|these|those|whatever|ur|school))*"
    r"(?: \w+){0,2} ?(?:" + _FROM_LIST + r"|E)",
    r"(?:take|get|pull) (?:me|us|my number|this number|my name|my phone|mine) (?:the fuck |tf |please |right )?offE?",
    r"take off (?:my|this|me)(?: \w+)?(?: number| phone| name)?",
    r"(?<!him )(?<!her )(?<!them )(?:off|from|out of)(?: of)? (?:this|your|the|that|all) (?:\w+ ){0,2}(?:texting|text|sms|messaging|"
    r"contact|mailing|calling|call|phone|message|distribution|notification|alert) (?:list|lists|group|"
    r"thread|chain|chat|system|service|blast)",
    r"(?:be|get|getting|want|wants|want to be|like to be|been|asked to be) (?:removed|taken off|deleted|"
    r"unsubscribe|opted out|left alone|off)(?:E| POLITE| from (?:this|your|the|these|all|here)| (?:of )?"
    r"(?:this|your|the|these))",
    r"(?:want|wanna|need|let me|get me) (?:off|out)(?: of)?(?: (?:this|the|these|your|all))*(?: \w+)? "
    r"?(?:list|texts?|group|thread|chat|messages?|alerts?|E)",
    r"(?:unsubscribe|unenroll me|unregister me|opt me out|opt us out|optout|opting out|i opt out|opt out|"
    r"opted out|sign me off|unsign me|unsubscribing|disenroll me|unlist me)",
    r"(?:DONT)(?: you| ever| even| be| keep| please| guys)* (?:text|texting|message|messaging|contact|contacting|"
    r"bother|call|calling|email|notify|write|ping|spam|annoy|harass|bug|hit|txt)(?: to| up)? "
    r"(?:ME|again|anymore|POLITE|E|no more|back here|any more)",
    r"(?:DONT|no longer|not to|to not|without)(?: ever| keep| please)* (?:send|sent|sending)(?: me| us| to me| "
    r"to us| to this (?:number|phone)| out)?(?: (?:FILL))* (?:TEXTS|these|this|them|anything|stuff|things|"
    r"shit|crap|anymore|again|no more|nothing|to (?:this|my)|E)",
    r"(?:DONT|dont|no longer|not|didnt|nor do i|dont even)(?: \w+)? (?:want|wanna|need|wish|care|like|wish to|"
    r"interested|consent|agree|authorize|opt in|care for)(?: to| for| in)?(?: GET)* (?:TEXTS|contacted|texted|messaged|"
    r"bothered|called|spammed|notified|emailed|list|lists|group|thread|from you|from this|from your school|"
    r"contact|texting|this service|hear from you)(?!ing)",
    r"(?:DONT|dont|no longer|not)(?: really| even)? (?:want|need|care for)(?: any of)? (?:this|these|those|"
    r"them|it|any of this|any|anything)(?: from you)? (?:anymore|POLITE|sent to (?:me|my)[^.?]*|coming[^.?]*|on my "
    r"phone)",
    r"(?:dont|do not|no longer) (?:want|need) (?:these|any of these)E",
    r"(?:dont|do not|no longer) (?:want|wish|care|need) to (?:get|recieve|recive|receive|be on|be in|have|continue|see)(?: any of)?"
    r" (?:these|this|them|anything|any|those|it)(?: anymore|E)",
    r"(?:dont|do not|no longer) (?:want|wish)(?: you| yall| you guys| the school| anyone| anybody)+ "
    r"(?:to )?(?:text|texting|message|messaging|contact|contacting|bother|call|send|sending)[^.?]*",
    r"(?:i |we )?(?:never|didnt|did not|dont|do not) (?:\w+ )?(?:sign|signed|ask|asked|subscribe|subscribed|"
    r"unsubscribe|agree|agreed|consent|consented|give|gave|gave you|authorize|authorized|request|requested|opt|opted)(?: up| in| you)?"
    r"(?: (?:to|for|permission|consent|my consent|to get|to receive|to be))*(?: (?:FILL))* "
    r"(?:TEXTS|thisE|theseE|texted|contacted|messaged|this (?:crap|list|service|shit))",
    r"(?:revoke|revoking|withdraw|withdrawing|rescind) (?:my |our |all |any )*(?:consent|permission|"
    r"authorization)|consent (?:is )?(?:revoked|withdrawn)",
    r"leave (?:me|us|my phone|this number) (?:alone|be|the (?:hell|fuck|heck) alone|out of (?:this|it))",
    r"fuck off|piss off|go away|get lost|buzz off|bug off|bugger off|f off|cease and desist|desist",
    r"(?:im|i am|ill|i will|gonna|going to|about to|will)(?: be| have to| just)* (?:block|blocking|report|reporting) "
    r"(?:you|this number|this|your number|the number|all of you)[^.?]*",
    r"(?:this is|its|thats) (?:spam|harassment|harassing)",
    r"(?:sick|tired|sick and tired|fed up|over|annoyed)(?: of| with| by)+(?: (?:getting|receiving|FILL))* TEXTS",
    r"email me ?,? no texts|, no textsE|do not text itE|enough is enough|please remove(?= ?\.)|"
    r"no more TEXTS|no more (?:of )?(?:these|this|those|that|POLITE|for me|to me|to this number|E)|"
    r"no more texting|no texting(?: me| us| this number| please|E)",
    r"(?:no longer|not) interested in(?: (?:getting|receiving|FILL|being|texted))* (?:TEXTS|theseE|texted)",
    r"(?:discontinue|suspend|cancel|end|terminate|stop) (?:my |this |the |your |all |our |text |texting |sms )*"
    r"(?:subscription|enrollment in texts|text service|messaging service|texting service|service to this number|"
    r"text alerts?|messages|communications?|contact(?: with me)?|correspondence)",
    r"(?:discontinue|stop|end) all (?:contact|communication|communications|texts|of (?:this|it|these))",
    r"do not disturbE|not to (?:text|contact|message|call) (?:ME|again|anymore)|"
    r"(?:lose|forget|delete) (?:my|this) number",
    r"(?:make|get|want|need|like) (?:it|this|them|these|the|all|those|your| )*(?:TEXTS )?(?:to )?(?:stop|end)E",
    r"knock it off|cut it out(?: with)?(?: the| these)? TEXTS|stop blowing up my phone|"
    r"stop (?:spam|texts?|sms|messages?)|please discontinue",
    r"(?:text|message|contact|send)(?: (?:me|us|this number|these))? no more",
    r"(?:like|want|wish|prefer|rather|asked|ask|asking)(?: to)? not(?: to)? be (?:texted|contacted|messaged|called|on (?:this|the|your))",
    r"(?:to|please) not (?:text|contact|message|call|send)(?: me| us)(?: \w+){0,3} ?(?:TEXTS|anymore|again|E)",
    r"(?:rather|prefer) not (?:to )?(?:get|receive|be|have)(?: GET)* (?:TEXTS|texted|contacted|messaged|theseE)",
    r"(?:rather|prefer)(?: that)? you (?:not|didnt|dont) (?:text|contact|message|send)[^.?]*",
)
_STOP_ES = _rules(
    r"no (?:me|nos) (?:lo |los |las |la |le )?(?:vuelva[ns]? a |este[ns]? |siga[ns]? |ande[ns]? |"
    r"esten |tiene[ns]? que |quieran )?(?:escriba[ns]?|texte[ens]{1,2}|contacte[ns]?|moleste[ns]?|"
    r"mensaje[ens]{1,2}|chingue[ns]?|joda[ns]?|fastidie[ns]?|INF)(?:me)?",
    r"no (?:me|nos) (?:lo |los |las |la |le )?(?:vuelva[ns]? a |este[ns]? |siga[ns]? |ande[ns]? )?"
    r"(?:mande[ns]?|envie[ns]?|mandar|enviar|mandando|enviando|llegue[ns]?|llame[ns]?|notifique[ns]?|"
    r"avise[ns]?|comunique[ns]?)(?: ya| por favor| estos| estas| esos| los| tantos| tanto| mas| otros?|"
    r" de| sus| este| tipo| ningun| ninguna| ese| nunca| para)* (?:TEXTS|mas|nada|cosas|informacion|esto|eso|estos|"
    r"esos|tonterias|POLITE|E)",
    r"(?:por favor|gracias)(?: ya)? no (?:me|nos) (?:mandan?|envian?|escriben?)(?: mas)?(?: TEXTS|E)|"
    r"(?:ya )?no (?:me|nos) (?:mandan?|envian?|escriben?)(?: mas| los| estos)*(?: TEXTS)?(?: mas)? por favor",
    r"no (?:vuelva[ns]?|volver|vuelvas) a (?:INF|contactar|llamar)(?:me|nos)?",
    r"(?:ya )?no (?:mande[ns]?|envie[ns]?|mandar|enviar|mandarme|enviarme|mandarnos|enviarnos|escribir|"
    r"escribirme|contactar|contactarme|molestar|molestarme|textear|textearme|llamarme|mensajear)(?: ya| mas| "
    r"estos| esos| los| tantos| tanto| sus| de)* (?:TEXTS|mas|cosas|nada|esto|eso|a este (?:numero|telefono)|"
    r"POLITE|E)",
    r"(?:ya )?no (?:manden|envien|escriban|texteen|molesten|moleste|contacten|contactarme|mandarme|enviarme|"
    r"escribirme|molestarme|textearme|jodan|chinguen|esten (?:mandando|molestando|enviando|chingando|jodiendo|"
    r"fregando|escribiendo))(?: mas|E| POLITE| a este| tanto| aqui| TEXTS)",
    r"(?:no|ni)(?: ya| me)* (?:quiero|deseo|necesito|quisiera|queremos|deseamos|interesa|interesan|gustaria|"
    r"autorizo|acepto|consiento|deseo ya|pedi|solicite)(?: ya| mas| que| seguir| me| nos| seguirlos)* "
    r"(?:recibir|recibiendo|recibirlos|tener|ver|que me|estar recibiendo|estar|me|TEXTS|contacto|sus|estos|esos|los|"
    r"tantos|ningun|ninguna|de|llegando)"
    r"(?: mas| sus| estos| esos| estas| los| las| tantos| ningun| ninguna| ya| tipo| de| ese| este| clase| nada| "
    r"en| la| su| esta| esa| mand\w+| envi\w+| lleg\w+| seguir| recibiendo| otros?| que| me| siga\w*| recibir)* (?:TEXTS|mas|"
    r"lista|grupo|nada|cosas|informacion|de ustedes|estos|esos|esto|POLITE|E)",
    r"no (?:quiero|queremos|deseo|quisiera|necesito mas)(?: ya| mas)* (?:TEXTS|recibirE|recibir mas|mas TEXTS)",
    r"no (?:quiero|queremos|deseo|quisiera)(?: ya)? que (?:ya )?(?:me|nos) (?:\w+ )?(?:escrib\w+|mand\w+|envi\w+|"
    r"contact\w+|texte\w+|molest\w+|llam\w+|mensaje\w+|notifi\w+|lleguen)(?: mas| TEXTS| sus| estos| POLITE| tantos| "
    r"los| por| a este)*(?: TEXTS|E|mensaje| numero)",
    r"ya no (?:quiero|queremos|deseo) (?:mas|nada de ustedes|nada|saber (?:mas|nada)|este servicio|esto)E",
    r"(?:dej(?:e|en|a|es|ar|ad)|pare|paren|parar|para|parenle|parele|cese|cesen|termine|terminen|basta|eviten|evite)"
    r"(?:me|nos)?(?: ya)?(?: por favor)?(?: ya)? (?:de |con )?(?:estar )?(?:andar )?(?:me |nos )?"
    r"INF(?:me|nos)",
    r"(?:dej(?:e|en|a|es|ar|ad)|pare|paren|parar|para|parenle|basta|cesen|terminen)(?:me|nos)?(?: ya)?(?: por favor)?"
    r" (?:de |con )?(?:estar )?(?:INF|molestar|chingar|joder)(?: (?:estos|esos|tantos|los|mas|sus|tanto))* "
    r"(?:TEXTS|POLITE|E|cosas|a este (?:numero|telefono)|aqui)",
    r"dejar de recibir(?:los)?|dejar de (?:mandarme|enviarme)|quiero dejar de",
    r"(?:dejenme|dejenos|deje|dejen|deja|dejame|dejeme)(?: ya)?(?: me)? (?:en paz|tranquil[oa]s?)|(?:dejenme|dejeme|dejenos|dejame)(?: ya)? de molestar",
    r"(?:pare|paren|parar|parenle a|parele a|detenga|detengan|deten|detener|suspenda|suspendan|suspender|cancelen|cancelar|"
    r"cancele|cancela|terminen|cesen|desactivar|desactiven|desactive|bloqueen|bloquear|eliminen|quiten|quitar|quitenme|"
    r"apaguen|anular|anulen|interrumpan|basta de|alto a|alto con|alto de|basta con|parenle con|paren con|dejen|"
    r"dejen de|deje de|stop a|stop de|stop con|stop)"
    r"(?: ya| de| con| por favor| estos| esos| los| las| sus| tantos| todos| mis| la| suscripcion a| envio de| el| el envio de|"
    r" me| mas| a)* (?:TEXTS|suscripcion|servicio de TEXTS)",
    r"(?:ya )?(?:paren|parenle|parele|pare|basta|detenganse|detengan esto|paren esto|pare esto|detener esto|ya estuvo|ya basta)"
    r"(?: ya| por favor| gracias)*E",
    r"(?:quit|elimin|borr|sac|remuev|remov|retir|excluy|desconect|desvincul|tach)(?:e|en|a|ar|as|es)?(?:me|nos|an|en)?"
    r"(?:n)?(?:me|nos)?(?: ya)?(?: por favor)?(?: mi (?:numero|telefono|nombre|contacto|celular)| este (?:numero|telefono))? "
    r"(?:de|del) (?:la |su |esta |esa |las |sus |este |ese |todas |todos |los |aqui|ahi|todo|esto)*"
    r"(?:lista|listas|grupo|sistema|base|TEXTS|registro|contactos|directorio|aqui|ahi|esto|todo|E)",
    r"(?:quit|elimin|borr|sac|remuev|remov|retir|desconect|excluy)(?:e|en|ar|a|an|es)(?:me|lo)?(?: ya)?(?: por favor)? "
    r"(?:mi|este|ese|el|a mi|mis) (?:numero|telefono|nombre|contacto|datos)",
    r"(?:quiteme|quitenme|quitame|saqueme|saquenme|sacame|borreme|borrenme|borrame|elimineme|eliminenme|"
    r"eliminame|remuevame|remuevanme|retirenme|retireme|denme de baja|deme de baja|dame de baja)",
    r"(?:que me|me|nos)(?: puede[ns]?| pueden por favor| pudieran| podrian?| van a)? (?:quit|elimin|borr|sac|remuev|remov|retir)(?:e|en|ar|a)"
    r"(?:E| POLITE| de)",
    r"(?:darme|denme|deme|dame|darnos|dennos|me den|me de|me dan|me da|me puede[ns]? dar|me doy|"
    r"me pueden dar|darse|solicito (?:la|mi)|quiero (?:la|mi)|pido (?:la|mi)|quiero|nos den|dar) (?:ya )?(?:de )?baja"
    r"(?:E| POLITE| (?:de )?(?:este|mi|la|los|las|sus|estos|esta|su|el|de|del|en)[^.?]*)",
    r"(?:mi baja|la baja) (?:de|por favor|de los)[^.?]*",
    r"desuscri\w+|desubscri\w+|desafili\w+|cancel\w+ (?:mi |la )?suscripcion|anul\w+ (?:mi |la )?suscripcion",
    r"(?:ya )?no mas (?:de )?(?:estos |esos |sus )?(?:TEXTS|POLITE|E|estoE|de esto)|nomas ya noE",
    r"(?:no )?(?:retiro|revoco|doy|autorizo) (?:mi |ningun |ninguna )?(?:permiso|consentimiento|autorizacion)"
    r"(?: (?:para|a|de) (?:\w+ ){0,4}(?:TEXTS|contact\w+|escrib\w+|mand\w+|envi\w+)|E)",
    r"(?:olviden|olvide|pierdan|borren|borre|eliminen|elimine|olvidense de|olvidese de) (?:mi|este) (?:numero|telefono)",
    r"(?:los |las |lo |la |te |les )?(?:voy|vamos) a (?:bloquear|reportar|denunciar)\w*|"
    r"(?:los|las|lo|la|te) (?:bloqueo|bloqueare|reporto|reportare)|bloqueare este",
    r"no (?:me|nos) interesan? (?:recibir |sus |estos |los |tener |mas )+TEXTS|"
    r"no (?:estoy|estamos) interesad[oa]s? en (?:recibir |sus |estos |los |seguir recibiendo |mas )+(?:TEXTS|estoE)",
    r"(?:hart[oa]s?|cansad[oa]s?|fastidiad[oa]s?) (?:de|con) (?:tantos |sus |los |recibir |estos |tener |que me )+(?:TEXTS|mand\w+)",
    r"(?:es|esto es|son un) (?:acoso|hostigamiento|spam)E",
    r"favor de no (?:INF|molestar|contactar)(?:me|nos|los)?(?: mas|E| TEXTS| a este)",
    r"no (?:quiero|deseo|queremos|quisiera|me gusta)(?: volver a)? ser (?:contactad|molestad|notificad)\w+",
    r"no quiero (?:saber (?:mas |ya )?(?:nada )?de (?:la escuela|ustedes|esto)|ser parte de (?:este|su) grupo)|"
    r"(?:canse|cansamos) de (?:tantos |sus |los |recibir |estos )+TEXTS|no le (?:mande[ns]?|envie[ns]?) (?:mas )?TEXTS a este|"
    r"no molest(?:en|e|ar|es)(?: mas| POLITE|E)",
    r"no (?:me )?(?:siga[ns]?|sigan|continuen|continue)(?: por favor)? (?:mand|envi|escrib|text|molest|contact|llam|chingan|jod)\w+",
    r"no (?:texts?|textos|mensajes|sms|mensaje)(?: mas)? (?:por favor|please|gracias)",
)
_WHOLE = re.compile(
    r"(?: (?:stop|stopall|unsubscribe|cancel|quit|end|optout|opt out|opt me out|alto|basta|basta ya|parar|paren|pare|"
    r"baja|cancelar|no mas|no more|remove|enough|detener|stop texting|cancle|cancell|cancela|cancele|detente|para|parale|"
    r"pare ya|remover|eliminar|quitar|quitar me|revoke|enuf|no texts|no messages|no texting|no mensajes|no textos|"
    r"stop please|deten|unsuscribe|dejar|ya no|ya no mas|terminar|desactivar|stop all|nomas|no textos mas|not interested in "
    r"texts|stop \d|\d stop|unsubscribe all|end all|stop messages|delete|block|salir|leave|suspender|stop\d|\d?stop\d?|stopp\w*|"
    r"stop allE?|stop al|sto|st op|s t o p|cancel all|end it|quit it|stop it|end this|end texts|cancel texts)"
    r")(?: (?:,|\.|please|por|por favor|favor|thanks|thank you|gracias|now|it|this|that|already|just|i|said|me|ok|okay|hi|"
    r"hello|hola|buenas|buenos dias|good morning|sir|maam|everything|right|immediately|asap|ya|stop|alto|no|"
    r"unsubscribe|all|yo|god|hey|omg|wtf|bro|dude|you|the|to|and|y|baja|cancel|end|quit|remove|opt|out|basta|texting|texts|"
    r"text|para|parar|mensajes|smh|ugh|dios|damn|fuck|fucking|hell|sorry|bye|adios|todo|esto|i want|forever|yes|si))*"
)
_LEAD = re.compile(
    r"^(?: (?:,|\.|please|por favor|pls|just|hi|hello|hola|hey|ok|okay|no|yo|omg|ugh|buenas|buenos dias|buenas tardes|"
    r"good morning|i|said|say|ya|and|yes|si|you|dear|school|god|dios|mio|solo|quiero|want to|sorry|thanks|thank you|gracias|"
    r"i want to|im saying|can you|again|the word|ive|told|do it))*(?= )"
)
_ONE_CLAUSE = re.compile(
    r"(?<= [.,?]) (?:(?:please|just|ok|por favor|ya|so|hey|again|and|y) )*(?:stop|unsubscribe|alto ya|ya basta|basta ya|paren|parenle|no more|"
    r"no mas|ya no mas|remove me|stop it|stop now|stop please|opt out|enough|quit it)(?: (?:please|now|already|thanks|"
    r"thank you|gracias|por favor|ya|it|immediately|asap|ok))*(?= [.,])"
)
_JOKES = re.compile(r"\b(?:lol|haha\w*|jaja\w*|jk|lmao|rofl)\b|[\U0001f602\U0001f923\U0001f606]")


def wish_in(body: str) -> InboundKind | None:
    """Return WISH or WRONG_NUMBER if the text clearly says so, or None."""
    said = words_of(body)
    rest = _LOOKS_ALIKE.sub(" # ", said)
    if _WRONG_NUMBER.search(rest) or _STRANGER.search(_with_accents(body)):
        return InboundKind.WRONG_NUMBER
    if _STOP_EN.search(rest) or _STOP_ES.search(rest):
        return InboundKind.WISH
    if _JOKES.search(body.casefold()):
        return None
    if _is_whole(said) or _ONE_CLAUSE.search(rest):
        return InboundKind.WISH
    return None


def _is_whole(said: str) -> bool:
    """True if the text has nothing but a keyword, maybe misspelled, and polite words."""
    if "?" in said:
        return False
    plain_words = " " + " ".join(said.replace(" . ", " ").replace(" , ", " ").split())
    lead = _LEAD.match(plain_words)
    rests = {plain_words, plain_words[lead.end() :] if lead else plain_words}
    return any(_WHOLE.fullmatch(rest) for rest in rests)


def _with_accents(body: str) -> str:
    return unicodedata.normalize("NFC", body)
