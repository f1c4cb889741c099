"""A stranger: the text says that the number is not the parent's."""
# ruff: noqa: E501 -- rules, of words that belong together

import re

from portal.consent.wishes.parts import rules

WRONG_NUMBER = rules(
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
    r"wrong no|(?<=[.] )wrongE|(?<=[.,] )estan? equivocad[oa]E|(?:number|phone) is wrongE|(?:number|phone) is wrong , i",
    r"(?:you|u|ya|yall|you guys|ive|youve|must)(?: (?:have|got|must|dialed|texted|reached|has))+ (?:the |a )?wrong number(?: (?:for|about) \w+| buddy| man| dude| my)?",
    r"(?:im|i am) not (?:the|a) (?:parent|mom|mother|dad|father|guardian) of(?: \w+){1,2}E",
    r"dont know (?:who )?(?:a |an |any |that |this )?(?:\w+ )?(?:is ,? this about|you are (?:looking|talking|asking)\w*|your looking for|you(?:re)? (?:want|need|trying|mean))[^.?]*|"
    r"dont know who (?:this|that) (?:child|kid|student|person|boy|girl) is|dont know (?:a|an) \w+E|"
    r"dont know who (?!the|my|that|what|it|she|he|this|they)(?:\w+ ){1,2}isE",
    r"(?:no|never had) (?:kids?|children|students?|child)(?: (?:at|in))? (?:here|this (?:house|number)|at this number)E|never had (?:a |any )?(?:kids?|child|children|student) (?:at|in|there)",
    r"(?:this|number|phone)(?: number)? used to (?:be|belong)(?: to)? (?:someone|somebody|another|a different)",
    r"(?:text|message|TEXTS|this|it)(?: was| is| were| are| must be)? (?:probably )?(?:meant|intended) for (?:someone|somebody) else",
    r"(?:texted|messaged|contacted|texting|messaging) me by (?:mistake|accident)|(?:sent|came|comes) to me by (?:mistake|accident|error)",
    # Spanish
    r"(?:este|estos|los|sus|ese|esos) TEXTS no (?:es|son|era|eran) para miE|estan? (?:mandando|enviando) TEXTS por errorE|se confundieronE|"
    r"no se quien es es[ae] (?:nin[oa]|alumn[oa]|persona|senora?|estudiante)E",
    r"(?:tienen?|tienes|tendran?|tiene usted)(?: ustedes)?(?: el| mi| un)? (?:numero |telefono )?(?:mal|equivocado|incorrecto)(?: el| mi| su| este)? ?(?:numero|telefono|contacto|E| ,)"
    r"(?: de telefono)?",
    r"(?:mal|otro) numeroE|(?:num|number|no|nro|contacto) (?:equivocad|incorrect|errone)[oa]E|numero malE",
    r"(?:se|te|usted|ustedes) (?:\w+ )?(?:equivoco|equivoca|equivocan|equivocaron|equivocaste|ekivoco)(?:E| ,| (?:de|con)(?: el)? (?:numero|telefono|persona|mama|papa))",
    r"(?:este|ese) (?:numero|telefono) no esE|(?:yo )?ni (?:hijos|ninos) tengo|soy (?:solter[oa]|viud[oa]|un senor) (?:y |de |, )*(?:\w+ ){0,3}(?:no tengo|sin) (?:hijos|ninos|nietos)|"
    r"sin (?:hijos|nietos|ninos)(?: ni \w+)?E",
    r"no hay nadie (?:con ese nombre|que se llame|llamad[oa]|asi)",
    r"(?:este|ese|numero|nuevo)(?: numero| telefono| ,)* (?:este )?era de (?:otra|otro|alguien)(?: \w+)?",
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
    r"(?: (?:en|a) (?:esa|esta|su|ese|tu|la) (?:\w+ )?(?:escuela|escuelas|colegio|distrito|plantel|"
    r"primaria|secundaria)| ahi| alli| aqui|E)",
    r"no soy (?:el |la |un |una )?(?:papa|mama|madre|padre|pariente|familiar|persona|tutor|tutora)"
    r"(?: de (?:ningun\w*|nadie|ese|esa|familia)| que (?:busca|cree|piensa)\w*| de \w+(?= ?\.)| de \w+(?= , (?!soy|su))"
    r"| de nadie)[^.?]*",
    r"no soy quien (?:\w+ )?(?:busca|cree|piensa)\w*|no soy la persona|no soy esa persona",
    r"aqui no (?:vive|hay|conocemos|es)(?: nadie| ningun\w*| esa persona)[^.?]*",
)
STRANGER = re.compile(
    r"\b[A-Z][a-záéíóúñ]+ (?:[Dd]oes ?n.?t|[Nn]o longer|[Dd]oes not) lives? (?:here|at this \w+)(?: anymore)?\s*(?:$|[.,!])|"
    r"\b(?!Mi|El|Ella|Ya)[A-Z][a-záéíóúñ]+ (?:ya )?no vive aqu[ií](?: anymore| ya)?\s*(?:$|[.,!])|[Aa]qu[ií] no vive [A-Z][a-z]+|"
    r"(?:[Tt]his is not|[Tt]his isn.?t|[Ii].?m not|[Nn]o soy)(?: la| el)? (?:Mrs?\.?|Ms\.?|[Ss]r\.?|[Ss]ra\.?|señora|señor) [A-Z][a-záéíóúñ]+\s*(?:$|[.!])|"
    r"(?:[Tt]his (?:is not|is\s?n.?t|ain.?t)|\bI.?m not|\bI am not|\b[Nn]o soy|\b[Nn]ot|"
    r"[Nn]o conozco a|know (?:any|a)(?: kid named)?|[Nn]o [Ee]s el (?:n[uú]mero|tel[eé]fono|cel\w*) de) "
    r"(?!Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|"
    r"May|June|July|August|September|October|November|December|Spanish|English|OK|Ok|Covid|Mrs?|Ms|"
    r"Miss|Sure|Yet|Christmas|Halloween|Thanksgiving|Now|Today|Going|Able|Ready|Good|Coming|If|The)"
    r"[A-Z][a-záéíóúñ]+(?: [A-Z][a-záéíóúñ]+)?(?:.?s (?:mom|dad|mother|father|parent|number|phone|"
    r"cell|guardian))?\s*(?:$|[.,!;](?!\s*(?:soy|su|her|his|im|I.?m|it|but)\b)|anymore)"
)
"""A name that is not theirs: by its capital letter, in the text as it was typed."""
