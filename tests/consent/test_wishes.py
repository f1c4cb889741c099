"""A clear wish to get no more texts, told from texts that only look like one."""

import pytest

from portal.consent.wishes.reading import wish_in
from portal.enums import InboundKind

STOP = """
please stop texting me
Please stop.
STOP, please
stop stop stop
STOP!!!
ST0P
STOOOPPP
stpo
unsuscribe
STOP texting this number
stop it now
Stop sending me messages
stop sending me these
quit texting me
Quit sending me this stuff
Remove me from this list
remove me please
pls remove my number from your system
Take me off your list
take my number off this list please
Can you please take me off of this text thread?
I want off this list
How do I unsubscribe?
how do i opt out of these
How can I stop getting these texts?
unsubscribe me from this
please unsubscribe
I would like to opt out
I'd like to be removed from the text list
dont text me anymore
Don't text me
do not contact me again
Do not text this number
Don’t send me any more texts
never text me again
no more texts please
no more
no more messages
No texts please
I don't want these texts
I dont want to get these messages anymore
i do not wish to receive text messages from the school
I no longer want to receive your messages
don't want texts
leave me alone
Leave us alone!!
Lose my number
delete my number
Delete this number from your records.
cancel my texts
Cancel text alerts
Please cancel these messages
turn off the text notifications
I never signed up for this
I did not sign up for these texts
I revoke my consent
I do not consent to text messages
stop spamming me
stop blowing up my phone
fuck off
Enough already
enough with the texts
can u plz stop txting me
can you stop texting me?
could you stop sending these texts please
Ok I said stop
I already texted STOP and you keep texting me
I texted stop twice already
Im going to block this number
This is harassment. Stop.
I'm so sick of these texts
make it stop
make these texts stop
I asked you to stop
I told you guys to stop texting me
Please discontinue these messages
cease and desist
Not interested in these texts
I need these messages to stop
I want you to stop texting me
hey I would like to not be texted anymore
why won't you stop texting me
Stop. I have asked three times.
Please do not send any more text messages to this phone.
My kids graduated, please take us off the list
We moved to Texas, please remove us from your texts
my daughter doesnt go there anymore so stop texting
Please stop with the text messages
no texting please
opt me out
stop these
Please end these messages.
I dont need these texts
get me off this list
Can I be taken off this list?
i dont want to be on this list
stop messaging me pls, im at work
thanks but please stop texting
ya no me manden mensajes
Ya no me mande mensajes por favor
no me manden más mensajes
No me manden mensages
no me escriban mas
No me escriba por favor
por favor no me envien mas textos
ya no quiero recibir mensajes
ya no quiero recibir sus mensajes de texto
No quiero recibir más mensajes
no quiero mas mensajes
No deseo recibir más mensajes de la escuela
deje de escribirme
Dejen de mandarme mensajes
dejen de mandar mensajes
deja de molestar
dejenme en paz
Déjeme en paz
quiteme de la lista
Quítenme de su lista por favor
me pueden quitar de la lista?
saquenme de este grupo
Sáqueme de la lista
borren mi numero
Borre mi número por favor
elimine mi numero de su lista
eliminen este numero
quiero darme de baja
Denme de baja por favor
me quiero dar de baja
dar de baja este numero
cancelen los mensajes
Quiero cancelar los mensajes de texto
Como hago para dejar de recibir estos mensajes?
quiero dejar de recibir mensajes
ya no mas por favor
No más mensajes
no mas textos porfavor
ya basta de mensajes
basta ya
ya paren
paren de textearme
Por favor pare de mandarme mensajes
por favor ya no manden mensajes
no vuelvan a escribirme
No me vuelvan a mandar mensajes
no me molesten
No me moleste más
no me contacten
ya no me textees
no quiero que me manden mensajes
No quiero que me escriban
no autorizo que me manden mensajes
ya no kiero mensajes
porfa ya no me manden msjs
detengan los mensajes
Detener mensajes
suspendan los mensajes por favor
desuscribirme
cancelar suscripción
los voy a bloquear
favor de no enviarme mas mensajes
favor de no mandar mensajes a este numero
no me interesa recibir estos mensajes
estoy harta de tantos mensajes
stop mandandome mensajes
ya stop por favor
Mi hijo ya no va a esa escuela, quítenme de la lista
ya no me mandan mensajes por favor
no me llegue mas mensajes
alto por favor
Ya no me esten mandando mensajes
No necesito estos mensajes, gracias
no deseo ser contactado
quiten mi numero
Quisiera que me quitaran de la lista de mensajes
Ya no quiero que me lleguen estos mensajes
no me manden nada
dejen de chingar
"""
WRONG = """
wrong number
Wrong #
wrong number sorry
sorry you have the wrong number
You have the wrong person
you got the wrong person
I think you have the wrong number
worng number
Wrong number, I don't have kids
This isn't Maria's number
this is not her number anymore
This is no longer Ana's phone
I don't have a child at your school
I dont have any kids there
i don't have kids
she no longer has this number
Maria doesn't have this number anymore
this number belongs to someone else now
I just got this number last week
There is no one named Mateo here
nobody by that name here
not the right number
I'm not Maria
This is not Ana Ruiz.
you're texting the wrong person
Stop texting me you have the wrong number
me equivocaron de número
número equivocado
Numero equivocado por favor
numero ekivocado
Se equivocó de número
se equivocaron de numero
Creo que tiene el número equivocado
esta equivocado de numero
tienen el numero incorrecto
Este no es el número de María
Este numero ya no es de Ana
este ya no es su numero
No tengo hijos en esa escuela
no tengo hijos
no conozco a ningún Mateo
no soy la mamá de Mateo
No soy María
persona equivocada
ella ya no tiene este numero
este número es de otra persona
"""
NONE = """
which bus stop?
Which bus stop is it?
The bus didn't stop today
don't stop the bus
stop by the office
I'll stop by the office at 3
please stop the rumor
should I stop giving the medicine
Should I stop giving him the medicine?
can you text me instead
Don't stop texting me
please don't stop sending these, they help
I don't want to stop getting these
I don't want to miss any texts
Why did you stop texting me?
why did the texts stop
Did I unsubscribe by accident?
I texted STOP by accident, please turn them back on
I stopped getting texts
I haven't been getting your messages
did school get canceled
Can I cancel Tuesday?
cancel his appointment please
Please cancel the field trip for Mia
We need to cancel our conference tomorrow
The weekend
when does it end
What time does the game end?
She quit the team
he wants to quit band
My son won't stop crying
Tell Jake to stop texting in class
can you ask the kids to stop bullying my daughter
stop bullying
please remove him from the after school list
Remove Mia from the lunch program
take me off the volunteer list
Please take him off the bus list today
remove my old number, add this one
I gave you the wrong number for my husband
I think I put the wrong number on the form
Is this the wrong number?
you have the wrong number for grandma, it's 555-0188
You have the wrong kid marked absent
wrong bus number on the sheet
Don't call me, text me
don't text me at night please
please don't text after 9pm
don't text and drive
text my wife instead
no
No thanks
no school tomorrow?
Thanks!
ok
yes
lol stop it
haha stop
Please don't send him home on the bus
Don't send homework over break
no more snow please
No more snow days!
is there no more space in the class
I don't want him on the field trip
We don't want the flu shot
I don't have a child in 3rd grade
Opt out of testing
I want to opt out of the state test
opt her out of sex ed
I'm not her mom, I'm her aunt. I'll pick her up
who is this
Who is this?
Too many texts
we will be out of town until Monday
He has a doctor appointment at 2
Is the office open
my number changed to 206-555-0100
Please add my husband to the texts
Can you stop the bus at Pine St?
tell the driver to stop at our house
she forgot her lunch
The message says reply STOP. What does that mean?
what happens if I reply stop
Will the texts stop in summer?
he needs to stop at the nurse
stop sign is broken on Oak
I unsubscribed by mistake
Unsubscribe me from the email newsletter but keep the texts
end of the quarter
Has the fever stopped? yes
Liked “Reply STOP to cancel”
en que parada de camion
¿En qué parada?
no me llegan los mensajes
No me llegaron los mensajes de hoy
por que ya no me mandan mensajes?
no he recibido mensajes
no dejen de mandarme mensajes
no quiero dejar de recibir los mensajes
mi hijo se dio de baja del club
quiero dar de baja a mi hijo del almuerzo
cancelen la cita por favor
quiero cancelar la cita
ya no quiere ir a la escuela
no quiero que falte
Dejen de molestar a mi hijo
quiero que dejen de molestar a mi hija
no mas tarea por favor
quiten a mi hijo de la lista de voluntarios
no me quiten de la lista
No me den de baja
puse el numero equivocado
le di el número equivocado
me equivoqué de número
es este el numero equivocado?
no me llame, mandeme mensaje
no me llamen al trabajo
no tengo hijos en secundaria
bajó la temperatura
esta en la planta baja
alto nivel de azucar
el camion no paro
no puedo ir hoy
no mande lonche hoy
mañana no va a ir
no la manden a la casa en el camion
no me mande a mi hijo sin sueter
para cuando es la junta?
para los mensajes de la escuela uso este numero
cuando termina la escuela
ya no tiene fiebre
gracias por los mensajes
no entiendo el mensaje
quien es?
cancelaron las clases?
dejo a mi hijo a las 8
no soy la mama, soy la tia
quiero recibir mensajes
no hay mas lugar?
necesito cancelar el almuerzo
"""


def _lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@pytest.mark.parametrize("body", _lines(STOP))
def test_a_clear_wish_is_understood(body: str) -> None:
    assert wish_in(body) in {InboundKind.WISH, InboundKind.WRONG_NUMBER}


@pytest.mark.parametrize("body", _lines(WRONG))
def test_a_wrong_number_is_understood(body: str) -> None:
    assert wish_in(body) is InboundKind.WRONG_NUMBER


@pytest.mark.parametrize("body", _lines(NONE))
def test_what_looks_alike_is_no_wish(body: str) -> None:
    assert wish_in(body) is None
