"""A clear wish to get no more texts, in English."""
# ruff: noqa: E501 -- rules, of words that belong together

from portal.consent.wishes.parts import rules

_FROM_LIST = (
    r"(?:list|lists|texts?|text list|thread|chat|group|distribution|system|database|alerts?|"
    r"messages?|messaging|mailing|service|contacts?|notifications?|records|subscription|blast|phone list|"
    r"calling list|this|here|these|it|everything|contact list)"
)
STOP_EN = rules(
    r"(?:not one|not a single|not another|no automated|no automatic|no robo) (?:more )?(?:text|message|TEXTS)|cut (?:it |out )?(?:with )?(?:the|these) TEXTS|"
    r"(?:lay off|ease up on|give it a rest with|a rest with|be done with) (?:with )?(?:the |these |your )TEXTS|dont you (?:dare|ever) (?:text|message|contact) me|"
    r"(?:scrub|wipe|purge|unlist|expunge) (?:me|my|this) ?(?:number|name|info|phone)?(?: from|E| out)|kindly ceaseE|have no (?:kids?|children) stop GERUND",
    r"(?<=^ [.] )(?:(?:please|hey|ok|just|hi) )*stop (?:(?:please|now|already|it|,) )*(?:im|i am|its (?:\d|late|early|(?:too )?\w+ in the morning)|i have|i dont|i cant|ive|ill|this is|we dont|we have|"
    r"we moved|he graduated|you are|my (?:phone|kids?|son|daughter|child)) [^?]*",
    r"(?:speak english|any kids|at your school|there anymore|goes there|in class|at work|ever again|wrong number|moved away|moved|graduated) stopE",
    r"(?:you|your|youre|you are|keep|stop) (?:are )?harassing me|stop this (?:nonsense|crap|shit|bs|already|mess)|i (?:hate|cant stand) (?:these|your) TEXTS",
    r"(?:appreciate|great|nice|grateful|prefer|love|like|wish)(?: it)?(?: if| that)? (?:you|yall|you guys|the school|someone|they)(?: guys)?(?: can| could| would)? "
    r"(?:stopped|stop|quit|didnt|dont|not)(?: \w+)? (?:GERUND|sending|text|message|send|contact|bother)(?: me| us| these| those| all| so many| any| more)*(?: TEXTS| anymore|E)",
    r"(?:appreciate|prefer|mind) not (?:getting|receiving|being|texting|sending|having|contacting|messaging)[^.?]*(?:TEXTS|these|anymore|texted|me)",
    r"mind (?:taking|removing|deleting|getting) (?:me|us|my (?:number|name|phone)|this number)(?: off| from| out|E)[^.]*",
    r"(?:dont|do not|stop|quit|never)(?: ever)? (?:include|including|add|adding|put|putting)(?: me| us| my number| this number) (?:in|on|to|into) "
    r"(?:these|this|those|your|the|any)(?: (?:school|group|text|texting|contact))? ?(?:TEXTS|list|group|thread|E)",
    r"(?:exclude|opt|block|mute) (?:me|us|this number|my number|my phone) (?:from|out|on|off)(?: of)?(?: (?:these|this|the|your|all))*(?: "
    + _FROM_LIST
    + r"|E)",
    r"(?:dont|do not|stop|never|quit) (?:use|using) (?:my|this) (?:number|phone|cell)(?: anymore| again| for TEXTS|E)|TEXTS take (?:me|us) off",
    r"(?:dont|do not) know (?:you|who (?:this|you) (?:is|are))(?: ,)?(?: so)?(?: please)? (?:stop|quit) GERUND",
    r"(?:TEXTS|these|this texting|texting|it all) (?:have|need|has|needs|must|should|better|got)(?: to)? (?:stop|end|quit|cease)E",
    r"(?:TEXTS|texting|these) stop(?: please| now| already|E)",
    r"TEXTS (?:are|is) (?:not|un) ?(?:welcome|wanted|needed)",
    r"(?:quit|stop|enough|done) (?:it |this |that )?(?:with )?(?:the |these |all |this |your )*(?:TEXTS|texting)",
    r"(?:have to|need to|gotta|must|want me to) (?:i )?(?:say|tell|text|type|ask|tell you|tell you guys|ask you|ask you guys|tell yall)(?: to)? (?:stop|no)"
    r"(?:E| GERUND| sending| POLITE)",
    r"(?:to )?(?:make (?:it|this|them|these)|to) stop (?:getting|receiving)(?: all)?(?: of)? (?:TEXTS|these|this|them|those|your)",
    r"(?:me |i |we )?no (?:want|need|like)(?: more| any| your| the| these)* TEXTS|no (?:text|message|send|contact)(?: to)? (?:ME|POLITE|E)",
    r"(?:id |i would |would |we )?(?:like|want|wanna|love|need|prefer)(?: to be| to get| to come)? (?:off|out)(?: of)? (?:the|this|your|these) (?:\w+ )?(?:list|TEXTS|group|thread)",
    r"(?:no|not|dont|do not|never|didnt|without)(?: \w+){0,2} (?:permission|consent|authorization)(?: to| for)* (?:text|TEXTS|contact|message|send|use|me|texting|E)|"
    r"never gave (?:you|anyone|yall) (?:my )?(?:consent|permission|number)",
    r"(?:dont|do not|no longer) (?:want|need|wish|care)(?: to hear| anything| nothing| to get anything| to hear anything)"
    r"(?: more| else| anymore)?(?: from (?:you|yall|the school|this school|your school|you people|you guys))?(?: guys)?(?: by| through| on| via| over)?"
    r"(?: my| a| this)? ?(?:from you|TEXTS|text|phone|E)",
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
