"""Names for as many families as a district has: thousands of different words, as there really are.

The names of the first families come first; whoever draws from here takes the first ones oftener.
"""

from portal.demo.names import CULTURES, Culture


def _more(
    place: int, surnames: str, children: str, mothers: str = "", fathers: str = ""
) -> Culture:
    few = CULTURES[place]
    return Culture(
        few.surnames + _names(surnames),
        few.children + _names(children),
        few.mothers + _names(mothers),
        few.fathers + _names(fathers),
    )


def _names(text: str) -> tuple[str, ...]:
    """Names as they stand, and `ab|cd~xy|z`: each of the first with each of the second; an
    underscore stands for a space."""
    names: dict[str, None] = {}
    for word in text.split():
        starts, _, ends = word.partition("~")
        for start in starts.split("|"):
            for end in ends.split("|"):
                names[f"{start}{end}".replace("_", " ")] = None
    return tuple(names)


DISTRICT = (
    _more(
        0,
        """Hernández Martínez López González Pérez Sánchez Ramírez Torres Flores Rivera Gómez Díaz
        Cruz Morales Ortiz Gutiérrez Chávez Ramos Ruiz Álvarez Mendoza Vargas Castillo Jiménez
        Romero Herrera Medina Aguilar Garza Castro Guzmán Fernández Salazar Delgado Soto Méndez
        Vega Ríos Contreras Maldonado Estrada Acosta Guerrero Rojas Molina Campos Ortega Luna
        Sandoval Cervantes Ávila Cárdenas Espinoza Padilla Figueroa Carrillo Juárez Valdez Robles
        Mejía Cortez Miranda Domínguez Velázquez Navarro Ibarra Trujillo Serrano Barrera Zamora
        Escobar Villarreal Quintero Montoya Pacheco Orozco Villanueva Bautista de_la_Cruz de_León
        Rosales Solís Bravo Gallegos Lara Macías Nava Ochoa Palacios Rangel Salinas Tapia Uribe""",
        """Santiago Valentina Sebastián Camila Diego Isabella Emiliano Regina Leonardo Fernanda
        Daniel Mariana Gael Renata Iker Daniela Adrián Natalia Bruno Paula Julián Andrea Emilio
        Carolina Rodrigo Elena Nicolás Abril Maximiliano Jimena Iván Alma Óscar Luz_María""",
        """Guadalupe Rosa Patricia Alejandra Gabriela Claudia Leticia Silvia Carmen Norma Adriana
        Yolanda Teresa Elizabeth Araceli Sandra Lorena Rocío Martha Cecilia Irma Graciela Blanca
        Esperanza Dolores Maribel Maricela María|Ana|Rosa~_Elena|_Luisa|_Isabel""",
        """Juan Carlos Luis Miguel Antonio Francisco Jorge Manuel Ricardo Roberto Fernando Eduardo
        Javier Alejandro Arturo Enrique Rafael Salvador Armando Ramón Sergio Alfredo Gerardo Pablo
        Ignacio Gustavo Rubén Martín Guillermo Juan|José|Luis~_Carlos|_Manuel|_Antonio""",
    ),
    _more(
        1,
        """O'~Brien|Neill|Reilly|Sullivan|Donnell|Hara|Leary|Keefe|Rourke|Dwyer|Grady|Malley|Toole
        O\u2019~Mahony|Callaghan|Halloran|Flaherty|Hanlon|Shaughnessy|Driscoll|Farrell|Gorman
        Mc|Mac~Carthy|Kenna|Donald|Grath|Laughlin|Namara|Guire|Bride|Intyre|Gregor|Kay|Lean|Millan
        Murphy Kelly Walsh Byrne Ryan Doyle Kennedy Lynch Murray Quinn Moore Nolan Brennan Burke
        Collins Campbell Clarke Daly Cullen Keane Foley Healy Sheehan Whelan Power Maguire Kavanagh
        Buckley Moran Duffy Hogan Casey Regan Fitz~Patrick|Simmons|Maurice|Gibbon Stewart Fraser""",
        """Conor Ciara Finn Saoirse Cillian Róisín Oisín Éabha Tadhg Clodagh Cian Orla Darragh Nora
        Ronan Ailbhe Eoghan Brigid Callum Iona Ewan Isla Rowan Fiona Brendan Maura Kieran Tara""",
        "Eileen Noreen Aisling Deirdre Moira Kathleen Colleen Sheila Una Fionnuala Morag Ailsa",
        "Kevin Brian Dermot Donal Niall Colm Gerard Barry Aidan Desmond Hamish Angus Rory Diarmuid",
    ),
    _more(
        2,
        """العلي الحسن حسين إبراهيم عبدالله عثمان صالح ناصر سليمان حمدان خليل يونس عباس قاسم رشيد شاهين
        عيسى سالم درويش الشامي المصري البغدادي الحلبي العراقي التميمي الزهراني الغامدي القحطاني
        العتيبي الدوسري الشمري الحربي المطيري السعدي الجبوري العبيدي النعيمي الربيعي الكعبي عبد~الرحمن|الكريم|الله""",
        """سارة آدم مريم علي لين حمزة جنى زياد تالا رامي ملك إبراهيم سلمى حسن رنا أحمد دانا فارس هنا
        ياسر لمى باسل ريم مازن شهد وليد""",
        "عائشة زينب خديجة نادية سميرة أمل منى إيمان هناء لينا نجوى سعاد وفاء ابتسام",
        "أحمد محمود حسن حسين إبراهيم عمر عادل ماجد نبيل فؤاد جمال رياض هشام بلال عبد~الله|الرحمن|العزيز",
    ),
    _more(
        3,
        "刘 杨 黄 吴 周 徐 孙 马 朱 胡 郭 何 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 袁 潘 于 蒋 欧阳 司马",
        "子|梓|宇|浩|思|雨|欣|诗|佳|一|嘉|俊|若|语|明|书|奕|天|沐|可~涵|轩|怡|然|萱|桐|彤|琪|睿|辰|泽|妍|宁|豪|杰|瑶",
        "丽|秀|晓|雅|淑|美|玉|春|海|慧~娟|英|梅|芳|华|玲|燕|红|霞|萍|敏|静",
        "建|志|伟|文|海|国|永|德|家|俊~国|强|明|杰|涛|军|平|林|峰|华|勇|辉",
    ),
    _more(
        4,
        """Johnson Williams Brown Jones Davis Wilson Thomas Taylor Jackson White Harris Martin
        Thompson Robinson Clark Lewis Walker Hall Allen Young King Wright Scott Green Adams Nelson
        Carter Mitchell Roberts Turner Phillips Parker Evans Edwards Stewart Morris Rogers Reed
        Cook Morgan Bell Bailey Cooper Richardson Cox Howard Ward Peterson Gray James Watson
        Sanders Price Bennett Wood Barnes Ross Henderson Jenkins Perry Powell Long Patterson
        Simmons Foster Bryant Alexander Russell Griffin Hayes Booker Dorsey Gaines Hairston Mosley""",
        """Aaliyah Jordan Jaylen Kayla Destiny Cameron Xavier Gabrielle Jasmine Brianna Micah Josiah
        Naomi Ezekiel Trinity Amir Kennedy Skylar Tiana Devin Maya Caleb Alexis Dominic Nyla
        Kingston Journey Messiah Aniyah Terrell Simone Langston Zora Quincy""",
        """Keisha Latoya Kimberly Nicole Michelle Crystal Ebony Tamara Yvette Sheila Regina Felicia
        Stephanie Danielle Erica Vanessa Charlene Rochelle Tasha Candace""",
        """Anthony Michael Reginald Jerome Tyrone Kenneth Dwayne Maurice Calvin Gregory Byron Leon
        Clarence Rodney Derrick Xavier Julius Lamar Vernon Wendell""",
    ),
    _more(
        5,
        """Hoàng Huỳnh Phan Vũ Bùi Đỗ Hồ Ngô Dương Lý Đinh Đào Mai Trương Lâm Phùng Tô Hà Cao Châu Tạ
        Thái Tống Quách Lương La Triệu Kiều Lưu Đoàn""",
        """Gia|Minh|Bảo|Khánh|Ngọc|Thanh|Phương|Quỳnh|Tuấn|Đức|Hoài~_Anh|_Hân|_Huy|_Khang|_Linh
        Như|Thùy|Tường|Hải|Quốc|Nhật~_My|_Nhi|_Trang|_Vy|_Nam|_Long|_Thư""",
        "Thị|Kim|Bích|Thu|Mỹ|Hồng|Xuân~_Hoa|_Hạnh|_Yến|_Loan|_Phượng|_Tuyết|_Liên|_Nga",
        "Văn|Quốc|Hữu|Thành|Công|Đình|Xuân~_Nam|_Long|_Sơn|_Hải|_Thắng|_Minh|_Phong|_Trung",
    ),
    _more(
        6,
        """Ade|Olu|Ayo|Ola|Oye|Akin|Oluwa~bayo|wale|yemi|leke|sola|tunji|dele|mola|kunle|niyi|goke
        Okonkwo Eze Okeke Obi Uche Chukwu Onyeka Nnamdi Owusu Boateng Asante Osei Appiah Agyeman
        Ndiaye Diop Sow Ba Traoré Coulibaly Keïta Touré Camara Konaté Cissé Tesfaye Bekele Haile
        Abebe Mohamed Hassan Warsame Abdi Farah Jama Kamau Mwangi Otieno Ochieng Wanjiru Banda""",
        """Olu|Ife|Ayo|Temi|Tolu~wa|dayo|lola|tope|nike Kofi Ama Yaw Esi Kwabena Akosua Selam Dawit
        Hodan Ayaan Sahra Liban Wambui Juma Aminata Ousmane Mariam Ibrahima Chinonso Obiora""",
        """Ama Efua Akua Yetunde Bolanle Funmilayo Chioma Nneka Uju Aissatou Mariama Khadija Halima
        Hibo Fadumo Almaz Tigist Hana Wangari Achieng Grace Blessing""",
        """Kwabena Yaw Kwesi Segun Gbenga Kayode Ikenna Uchenna Chukwudi Mamadou Cheikh Abdoulaye
        Abdirahman Mohamud Yusuf Tadesse Girma Daniel Njoroge Odhiambo Emmanuel Samuel""",
    ),
    _more(
        7,
        """Schneider Fischer Weber Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein
        Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Köhler Maier Yılmaz
        Kaya Demir Şahin Yıldız Öztürk Aydın Özdemir Arslan Doğan Kılıç Dvořák Svoboda Procházka
        Kovács Szabó Tóth Nagy Horváth Popescu Ionescu Petrov Ivanov Shevchenko Kovalenko Bondarenko
        Kowal|Wiśniew|Lewandow|Zieliń|Kamiń|Szymań|Jankow|Piotrow|Grabow|Majew|Olszew|Malinow~ski|ska
        Ander|Niel|Jen|Han|Peter|Lar|Christian|Ol|Eriks|Joha|Mort|Rasmu|Svend|Thoma~sen|sson""",
        """Felix Emma Lukas Mia Leon Hanna Jonas Lena Maximilian Klara Anton Ida Emil Greta Magnus
        Astrid Lars Sigrid Viktor Zofia Jakub Julia Mikołaj Maja Deniz Elif Can Defne Oleksandr
        Daryna Mykola Solomiya Matyáš Eliška Gergő Réka Andrei Ioana Élodie Théo Noémie Loïc""",
        """Sabine Petra Katrin Silke Ute Monika Barbara Ewa Katarzyna Joanna Ayşe Fatma Zeynep
        Emine Jana Lenka Hana Kirsten Birgit Ilona Zsuzsanna Olena Oksana Natalia Svetlana Elena""",
        """Thomas Andreas Stefan Matthias Klaus Dieter Piotr Krzysztof Tomasz Marcin Mehmet Mustafa
        Ahmet Murat Jan Petr Martin Lars Henrik Søren László István Dmytro Serhiy Oleh Vasile""",
    ),
    _more(
        8,
        """Sharma Gupta Kumar Reddy Rao Nair Menon Pillai Desai Shah Mehta Joshi Trivedi Agarwal
        Banerjee Mukherjee Chatterjee Das Sen Ghosh Bose Chowdhury Mishra Pandey Tiwari Verma Yadav
        Chauhan Rathore Gill Dhillon Sidhu Grewal Sandhu Bajwa Naidu Kulkarni Deshpande Patil Jadhav
        Shetty Hegde Kamath Fernandes D'Souza Pereira Khan Ahmed Hussain Malik Siddiqui Qureshi
        Rama|Krishna|Venkata|Siva|Gopala|Subra~swamy|krishnan|chandran|nathan|raman Thapa Gurung""",
        """Ishaan Saanvi Vihaan Aadhya Reyansh Ananya Kabir Myra Advait Ira Dhruv Kiara Aryan Navya
        Krish Tara Yash Riya Veer Aisha Zayn Fatima Simran Gurnoor Jaspreet Nikhil Pooja Sanjana""",
        """Anjali Neha Pooja Swati Rekha Geeta Usha Shanti Radha Manjula Gurpreet Jasleen Ayesha
        Nasreen Rukhsana Sangeeta Vidya Padma Kamala Shobha""",
        """Sanjay Ravi Amit Manoj Rakesh Anil Sunil Ashok Ramesh Mahesh Gurdeep Manpreet Imran
        Salman Tariq Karthik Srinivas Prakash Mohan Ganesh Balaji""",
    ),
    _more(
        9,
        """伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎 池田 橋本 阿部 石川 森 前田
        藤田 後藤 岡田 長谷川 村上 近藤 石井 이 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍 남궁""",
        """美|結|陽|心|大|悠|颯|優~咲|愛|菜|翔|真|斗|太|花
        서|지|민|하|은|도|예|수|현|유|시|준~준|윤|우|연|진|호|현|아|은|빈""",
        "裕|由|智|真|久|幸~美|子|恵|香 미|영|은|현|혜|수|지~숙|희|경|주|영|정|선",
        "健|雄|直|正|和|隆~一|二|太郎|樹|也|之 영|성|상|동|재|정|태~호|수|훈|철|진|민|석",
    ),
    _more(
        10,
        """Smith Miller Anderson Murphy Baker Nelson Campbell Fisher Hamilton Graham Sullivan Wallace
        Ash|Brad|Clay|Farn|Ham|Hart|Hol|Kings|Lang|Mar|New|Nor|Pem|Ren|Rad|Shel|Stan~ford|ton|ley
        Thorn|Wal|Whit|Win|Wood|Brook|Black|Green|Fair|West|East|South~field|wood|well|by|worth|man
        Spencer|Carter|Mason|Taylor~-Jones|-Smith|-Lee|-Hall Van_Dyke De_Jong Du_Bois St._James""",
        """Oliver Ava Liam Sophia Lucas Harper Ethan Evelyn Benjamin Abigail Jack Ella Owen Grace
        Samuel Chloe Wyatt Lily Nathan Hazel Hudson Violet Eleanor Miles Josephine August Beatrice
        Mary|Anna|Lily~-Kate|_Beth|_Grace Wesley Penelope Graham Louisa Everett Matilda Jasper""",
        """Jennifer Amy Sarah Rebecca Laura Heather Susan Karen Emily Katherine Allison Megan Rachel
        Lauren Christine Julie Andrea Melissa Erin Holly Jane Anna Catherine Diane Rose-Marie""",
        """James John Robert David Richard Charles Joseph Daniel Matthew Mark Steven Paul Andrew
        Joshua Ryan Jeffrey Scott Benjamin Peter Nathan Adam Douglas Philip Eric Stephen""",
    ),
)
