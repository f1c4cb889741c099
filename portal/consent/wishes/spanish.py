"""A clear wish to get no more texts, in Spanish."""
# ruff: noqa: E501 -- rules, of words that belong together

from portal.consent.wishes.parts import rules

STOP_ES = rules(
    r"(?:ya )?no ocup(?:o|amos) (?:mas |sus |estos |los |de |recibir )*TEXTS|(?:nadie|yo no) (?:les? |los )?pidio (?:sus |estos )?TEXTS|ni un(?:o)? (?:solo )?TEXTS mas|ni uno mas|"
    r"ultimo TEXTS que (?:quiero|me)|(?:ya no )?favor de (?:quitar|sacar|borrar|eliminar|remover)(?:nos|me)|(?:di|dado|pedi|pedido) (?:la |mi |de )?baja y (?:\w+ )?(?:sig\w+|me)[^.?]*|"
    r"(?:dije|dicho|pedi|pedido|avise) (?:que|de) (?:ya )?no me (?:mand|envi|escrib|text|contact|molest)\w+",
    r"(?:ya )?no (?:me |nos )?(?:textie|tekstie|texte|textee)[ns]?(?: mas| ya| aqui| POLITE|E)|no textoE",
    r"(?:paren|pare|parenle|terminen|termine|acaben|basta)(?: ya)? (?:con|de) (?:esto|eso)E|"
    r"(?:quiten|quite|quitar|borren|cancelen|paren|detengan|apaguen|desactiven) estoE|(?:dejen?|paren?) de (?:fregar|estar fregando|dar lata|dar guerra|insistir)",
    r"(?:gustaria|agradeceria|agradezco|pido|pedimos|quisiera|prefiero|preferiria|solicito|solicitamos|deseo|ruego|exijo|favor)(?: mucho)?(?: que)?(?: ya| por favor| de)* "
    r"(?:no (?:me |nos )?(?:mas )?(?:recibir|recibo|enviar\w*|mandar\w*|envien|manden|escrib\w+|text\w+|contact\w+|lleg\w+)|"
    r"dej(?:aran?|en|e|aras) de (?:INF|molestar)(?:me|nos)?(?! a (?:mi|la|el|los|mis)))(?: ya| mas| los| sus| estos)*(?: TEXTS|E| POLITE)",
    r"(?:hago|hacer|hay que hacer|modo|manera|forma)(?: \w+)? (?:para|de) (?:ya |que ya )?no (?:recibir|me lleguen|me manden|me envien)(?: ya| mas| los| sus| estos)* (?:TEXTS|E)",
    r"ser (?:eliminad|removid|borrad|quitad|sacad|retirad|excluid|dad)[oa](?: de baja)? (?:de|del) (?:la|su|esta|este|sus) (?:lista|TEXTS|sistema|grupo|base)",
    r"me estan? (?:acosando|hostigando)|(?:ya )?no (?:por |mandar |manden |quiero )?TEXTSE|(?:mejor|solo|solamente) (?:\w+ ){0,2}(?:email|correo),? no TEXTS",
    r"(?:ya )?no (?:use[ns]?|utilice[ns]?|ocupe[ns]?) (?:mas )?(?:este|mi) (?:numero|telefono)(?: para TEXTS| ya| mas| POLITE|E)|tache[ns]? mi (?:numero|nombre|telefono)",
    r"no me (?:agregue|incluya|meta|ponga|anote)[ns]? (?:en|a) (?:la |el |sus |su |los |este |esta )*(?:lista|TEXTS|grupo de TEXTS)",
    r"ya no por TEXTS",
    r"(?:ya )?no (?:los |las |lo )(?:quiero|queremos|necesito|deseo)(?: ya| mas)?(?: recibir(?:los)?)?(?:E| POLITE|estos)",
    r"(?:ya )?no quiero (?:ya )?(?:nada|saber nada)(?: mas)?(?: de (?:la escuela|ustedes|su escuela|esa escuela))? (?:por|en|a) (?:mi |este )?(?:TEXTS|texto|mensaje|telefono|whatsapp|text)",
    r"(?:quit|sac|borr|elimin)[a-z]*(?:me|nos)(?:los|las|lo)|TEXTS (?:ya )?no (?:mas )?(?:por favor|please|gracias|los quiero|quiero|E)",
    r"no (?:me|m|nos)(?: ya| esten?)? (?:mand|envi|escrib|texte?)(?:n|e|en|es|an|a)(?: mas| ya| POLITE)* (?:TEXTS mas|mas|nada|TEXTS por favor)",
    r"(?:ya )?no (?:m|me|nos) (?:mandn|manden|mandes|envien|escriban|texten|texteen)(?: mas| ya)*(?: TEXTS|E| POLITE| nada)?",
    r"(?:que|me)(?: ya)? (?:quiten|saquen|borren|eliminen|remuevan|den de baja|retiren|quitaran|sacaran|borraran)(?: ya)?(?: por favor)? (?:de|del)"
    r"(?: la| su| esta| esa| los| este| sus| el)* (?:lista|TEXTS|grupo|sistema|registro|aqui|ahi)",
    r"(?:como|donde|quiero|necesito|puedo|para)(?: le hago)?(?: para)?(?: me| yo)? ?(?:cancelo|paro|quito|salgo|desactivo|detengo|bloqueo|elimino|parar|desactivar)"
    r" (?:esto|estos|TEXTS|los TEXTS|estos TEXTS|sus TEXTS|de (?:la|esta|este|su) (?:lista|grupo))",
    r"(?:salir|salirme|salgo|sacarme|salirnos)(?: de| del) (?:la |esta |este |su |el )?(?:lista|grupo de (?:TEXTS|texto)|grupoE|chat)",
    r"(?:ya )?no me interesa(?:n)?(?: ya| mas)?E",
    r"(?:no (?:les |le )?(?:di|he dado|doy)|sin|no tienen)(?: ningun| mi)* (?:permiso|autorizacion|consentimiento)(?: de| para| que)*"
    r"(?: me)? (?:mand|envi|escrib|text|contact|us)\w*",
    r"(?:nunca|no|jamas) (?:les |le |los )?(?:pedi|autorice|autorizo|solicite|acepte|firme para|di permiso para)(?: recibir| sus| estos| que me manden| esos)* TEXTS",
    r"(?:ya estuvo|ya basta|basta|ya parenle|suficiente|ya stop|stop)(?: ya)?(?: con| de)(?: los| sus| tanto| tantos| estos| esos)* TEXTS",
    r"(?:ya|por favor|favor)(?: de)? no (?:mas )?(?:mandar|enviar|escribir|textear)(?:me|nos|le)?(?: mas)?(?: TEXTS| aqui| a este|E)",
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
