"""Phrases that look like a wish to stop and mean something else. They are taken out before the
rules look."""
# ruff: noqa: E501 -- rules, of words that belong together

from portal.consent.wishes.parts import rules

_NOT_OURS = (
    r"(?:\w+ ){0,3}(?:committee|volunteers?|volunteering|pta|pto|carpool|car pool|bus|pickup|"
    r"pick up|waitlist|waiting list|wait list|snack|signup|sign up|roster|trip|potluck|cleanup|"
    r"clean up|chaperones?|board|club|team|lunch|emergency contacts?|emergency|class|game|party|"
    r"email|emails|e mail|newsletter|directory|photos?|yearbook|testing|tests?|sex ed|program|"
    r"exams?|assessments?|activity|activities|vaccine|study|survey|field|meals?|aftercare|"
    r"after school|practice|tutoring|homework club|soccer|band|choir|interview)"
)
LOOKS_ALIKE = rules(
    r"bus stops?|stop (?:by|in|over|at|sign|signs|light|watch)",
    # They want to go on.
    r"no me (?:manden|mande|envien|escriban)(?: \w+){0,3} en (?:ingles|espanol)[^.?]*",
    r"(?:dont|do not|never|didnt|did not|(?:wont|cant)(?! you)|not|doesnt|shouldnt|without|instead of) "
    r"(?:(?!know|kids|live|speak|go|goes|work|works|there|here|read|understand|care|attend|attends|these|this|those|texts|your)\w+ ){0,3}(?:stop|stopping|quit|cancel|unsubscribe|unsubscribed|opt out|opted out|"
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
    r"(?:what (?:does|happens|would|is)|does|is(?= (?:unsub|stop|opt))|would(?! (?:like|you|love|prefer))|will|did|if|should|(?<!times )do i have to|que pasa|que significa|si|cuando) "
    r"(?:(?!you |can )\w+ ){0,5}(?:unsubscrib\w+|opt out|opting out|stop|"
    r"me doy de baja|me den de baja|darme de baja|cancelar)[^.?]* \?",
    r"(?:what (?:does|happens|would)|if (?:i|we)|will i|que (?:pasa|significa|es)|si (?:yo )?(?:me|pongo|"
    r"mando|contesto|respondo|escribo)) (?!to |i have to |do i have to )(?:(?!siguen )\w+ ){0,5}(?:unsubscrib\w+|opt out|opting out|stop|de baja)[^.]*",
    r"(?:spam|harassment|acoso) (?:or|o) [^.?]*",
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
    r"(?:tell|ask|told|asked|make|made|get|let|have|having) (?!to |you|ya|yall|it |this |these |them |the "
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
    r" (?:for (?!\w+(?: \w+)? [.,])|for (?:grandma|grandpa|dad|mom|my|his|her)|on|listed)[^.?]*",
    r"(?:meant|was|intended) for my[^.?]*|i meant to text[^.?]*|oops [^.?]*",
    r"(?:email|card|letter|form|package|bus|homework|bill|mail|report)(?: \w+){1,3} (?:to )?(?:the )?wrong [^.?]*",
    r"(?:revoke|withdraw)(?: my| our| all| any)* (?:permission|consent) for [^.?]*|(?:un|una|con|solo|nada mas) \w+ basta",
    r"(?:borr|quit|elimin)\w+ (?:el|ese|este|mi) (?:numero|telefono) (?:viejo|anterior|antiguo|de antes|pasado)[^.?]*|"
    r"(?:dieron|dio|mandaron) (?:\w+ ){0,2}numero (?:equivocado|incorrecto|mal)[^.?]*|what (?:is|does) the wrong number[^.?]*|"
    r"(?:este |ese )?no es el numero de (?:la|su) escuela \?",
    # About one object other than the texts.
    r"(?:remove|delete|take|drop|erase|lose|change|update)(?: off| out)? (?:(?:my|his|her|our|the|their) )?(?:\w+ )?"
    r"(?:ex|exs|husbands?|wifes?|wife|moms?|dads?|mothers?|fathers?|grandmas?|grandpas?|grandmothers?|grandfathers?|sisters?|brothers?|nurses?|"
    r"aunts?|uncles?|babysitters?|nannys?|sitters?|sons|daughters|other|second|third|old|work|home|boyfriends?|girlfriends?|neighbors?|friends?)\b[^.?,]*",
    r"(?:(?:remove|delete|take|erase|drop)(?: off)?) (?:the|that|this|one) (?:\w+ )?(?:number|phone|contact|name|cell) (?:for|of|from|ending) "
    r"(?!(?:your|the|this|that) (?:\w+ )?(?:list|system|database|texts|records))[^.?,]*",
    r"(?:quit|borr|elimin|sa[cq]|remuev|remov|cambi)\w* (?:el |la |los |al |a )?(?:otro |segundo |viejo )?(?:numero |telefono |contacto |nombre |datos )?(?:viejo )?"
    r"(?:de |del |a |al )(?:la |mi |mis |su |el |los |sus |una |un )?(?:\w+ )?(?:ex|esposo|esposa|mama|papa|madre|padre|abuel[oa]s?|ti[oa]|hermana|hermano|niner[oa]|"
    r"enfermera|vecin[oa]|suegra|suegro|novi[oa]|cunad[oa]|padrastro|madrastra|maestra|casa|trabajo|oficina|amiga|doctora?)\b[^.?]*",
    r"(?:el |la )?(?:numero|telefono|num) (?:esta )?(?:equivocado|incorrecto|mal) (?:el|la|los|las|de|del|que|en|para)\b[^.?]*",
    r"(?:numero|telefono|contacto)(?: de| del) (?:la |mi |el |su |los )?\w+ (?:esta|es|sale|salio|aparece|era) (?:\w+ )?(?:mal|equivocado|incorrecto|erroneo)\b[^.?]*",
    r"(?:tienen?|tengo|tienes|pusieron|dieron|anotaron|esta) (?:\w+ )?(?:mal|equivocado|incorrecto) (?:el |mi |su )?(?:\w+ )?(?:numero|telefono|contacto) "
    r"(?:de|del|en|para) (?!telefono)[^.?]*",
    r"(?:wrong|incorrect) (?:phone |cell )?(?:number|phone) for (?:my |his |her |our |the )?(?:nurse|office|husband|wife|mom|dad|mother|father|grandma|grandpa|"
    r"school|clinic|bus|cafeteria|doctor|school|front|babysitter|sitter)\b[^.?]*",
    r"(?:nurses?|office|number for the \w+(?: \w+)?|teachers?|website|clinic|cafeteria)(?: number| phone)? (?:is|was|has) (?:the )?wrong\b[^.?]*",
    r"(?:want|need|wants) out of "
    + _NOT_OURS
    + r"[^.?,]*|(?:opt out|opting out|opted out) of (?:the |all |any )?(?:\w+ )?(?:shots?|flu|vaccines?|"
    r"surveys?|tests?|testing|photos?|directory|pictures?|screening)\b[^.?]*",
    r"(?:she|he|they|kid|son|daughter|mia) (?:just )?(?:wants?|needs?|likes?|asked) (?:to )?(?:be )?(?:left alone|off|out)\b[^.?]*",
    r"(?:quitenme|quiteme|saquenme|saqueme|borrenme|me doy de baja|darme de baja|salirme|me salgo|me quiero salir|salir)(?: de| del| de los| de las| de la| de el)* "
    r"(?:comite|voluntari[oa]s|pta|club|equipo|junta|clase|coro|banda|consejo|padres voluntarios|excursion|trabajo|casa)\b[^.?]*",
    r"DONT (?:text|message|write|send)(?: me| us| it| these| them)?(?: TEXTS)? in (?:english|spanish|chinese|all caps)[^.?]*",
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
