package forms

// exchange is what all records of telephone exchanges need to be understood.
func exchange(fields ...Field) []Field {
	return append(fields,
		may("region", "국가", "Country").like("KR"),
		Field{Name: "zone", Label: Text{"시간대", "Time zone"}, Required: true, Default: "Asia/Seoul"},
		lines("own_numbers", "우리 번호", "Our numbers", "02-123-4567"),
		may("extensions", "내선 번호 형식", "What an extension looks like").further().like("^[0-9]{2,6}$"),
		may("settle", "늦은 기록을 기다리는 시간", "Wait for stragglers").further().like("500ms"),
		may("patience", "끊긴 통화를 기다리는 시간", "Wait for the end of a call").further().like("1h"),
	)
}

var phone = []Form{
	{Kind: "twiliovoice", Label: Text{"전화 (Twilio)", "Calls (Twilio)"}, Group: "phone", Fields: exchange(
		need("public_url", "Twilio가 부르는 이 훅의 주소", "This hook's address as Twilio calls it", "https://inbox.example.com/hooks/twiliovoice/token"),
		need("account_sid", "계정 SID", "Account SID", "AC00000000000000000000000000000000"), secret("auth_token", "인증 토큰", "Auth token"),
		may("greeting", "인사말", "Greeting"), may("language", "언어", "Language").like("ko-KR"), lines("dial", "연결할 번호", "Numbers to dial", "+8221234567"),
		may("voicemail", "음성사서함 안내", "Voicemail's words"), toggle("record", "통화 녹음", "Record calls"), toggle("transcribe", "음성사서함을 글로", "Transcribe voicemail"),
		number("ring_seconds", "울리는 시간 (초)", "Seconds to ring").further(), number("voicemail_seconds", "음성사서함 길이 (초)", "Seconds of voicemail").further(),
		may("api_url", "API 주소", "API address").further().with("비워 두면 제공자의 주소를 씁니다.", "Left empty, the provider's own."), toggle("allow_private", "사설망 주소 허용", "Private addresses are allowed").further(),
	)},
	{Kind: "vonagevoice", Label: Text{"전화 (Vonage)", "Calls (Vonage)"}, Group: "phone", Fields: exchange(
		secret("signature_secret", "서명 시크릿", "Signature secret"),
		may("greeting", "인사말", "Greeting"), may("language", "언어", "Language").like("ko-KR"),
		may("connect", "연결할 번호", "Number to connect").like("8221234567"), may("from", "발신 번호", "Sending number").like("8221234567"),
		toggle("record", "통화 녹음 (연결할 번호가 없으면 음성사서함)", "Record (voicemail where no number is connected)"),
		may("public_url", "Vonage가 부르는 이 훅의 주소", "This hook's address as Vonage calls it").like("https://inbox.example.com/hooks/vonagevoice/token").when("record", "on"),
		may("application_id", "애플리케이션 ID", "Application id"),
		Field{Name: "private_key", Label: Text{"애플리케이션 개인 키", "Application's private key"}, Type: "block", Secret: true},
		may("api_url", "API 주소", "API address").further().with("비워 두면 제공자의 주소를 씁니다.", "Left empty, the provider's own."),
		toggle("allow_private", "사설망 주소 허용", "Private addresses are allowed").further(),
	)},
	{Kind: "callcsv", Label: Text{"통화 기록 파일 (CSV)", "Call records (CSV)"}, Group: "phone", Imports: true, Fields: exchange(
		Field{
			Name: "columns", Label: Text{"열 이름", "Columns"}, Type: "json", Required: true, Example: `{"start":"일시","from":"발신번호","to":"수신번호","talk":"통화시간"}`,
			Help: &Text{"id, call, from, to, start (또는 date와 time), answer, end, ring, talk, duration, direction, outcome, agent, queue, name, recording, transcript", "id, call, from, to, start (or date and time), answer, end, ring, talk, duration, direction, outcome, agent, queue, name, recording, transcript"},
		},
		may("date_layout", "날짜 형식", "Date layout").like("YYYY-MM-DD HH:mm:ss"),
		Field{Name: "encoding", Label: Text{"문자 인코딩", "Encoding"}, Type: "choice", Choices: []string{"auto", "utf-8", "cp949"}, Default: "auto"},
		may("delimiter", "구분자", "Delimiter").like(",").further(),
		lines("in", "수신을 뜻하는 말", "Words for incoming", "수신").further(),
		lines("out", "발신을 뜻하는 말", "Words for outgoing", "발신").further(),
		lines("internal", "내선을 뜻하는 말", "Words for internal", "내선").further(),
		Field{Name: "outcomes", Label: Text{"결과를 뜻하는 말", "Words for outcomes"}, Type: "json", Example: `{"부재":"missed"}`, Advanced: true},
		lines("dedupe", "같은 통화인지 가리는 열", "Columns that tell rows apart", "").further(),
		may("folder", "지켜볼 폴더", "Folder to watch").further(),
	)},
	{Kind: "asterisk", Label: same("Asterisk"), Group: "phone", Fields: exchange(
		may("file", "CDR 파일", "CDR file").like("Master.csv"),
		lines("trunks", "외부로 나가는 채널", "Trunks", "PJSIP/provider"),
		lines("inbound_contexts", "수신 컨텍스트", "Inbound contexts", "from-trunk"),
		may("ami", "AMI 주소", "Manager interface").like("pbx.example.com:5038"),
		may("ami_user", "AMI 사용자", "Manager's user"),
		Field{Name: "ami_secret", Label: Text{"AMI 비밀번호", "Manager's secret"}, Secret: true},
		toggle("ami_tls", "AMI 암호화", "Encrypt the manager interface").further(),
		toggle("allow_private", "사설망 주소 허용", "The exchange is inside our network"),
		toggle("unique_id", "loguniqueid 켜짐", "loguniqueid is on").further(), toggle("user_field", "loguserfield 켜짐", "loguserfield is on").further(), toggle("new_columns", "newcdrcolumns 켜짐", "newcdrcolumns is on").further(),
		lines("columns", "CDR 열", "CDR columns", "").further(), may("cel_file", "CEL 파일", "CEL file").further(), lines("cel_columns", "CEL 열", "CEL columns", "").further(),
	)},
	{Kind: "freeswitch", Label: same("FreeSWITCH"), Group: "phone", Fields: exchange(
		may("user", "사용자", "User").like("tributary"), secret("password", "비밀번호", "Password").with("mod_json_cdr의 cred와 같아야 합니다.", "The same as in cred of mod_json_cdr."),
		toggle("raw_values", "값이 인코딩되지 않음", "Values are not encoded").further(), may("recording_variable", "녹음 주소 변수", "Variable with the recording").further().like("recording_url"),
	)},
	{Kind: "threecx", Label: same("3CX"), Group: "phone", Fields: exchange(
		may("connect", "교환기 주소", "Exchange to connect to").like("pbx.example.com:5015"), may("listen", "받을 주소", "Listen on").like("0.0.0.0:5015"),
		lines("allow_from", "허용할 주소", "Allowed addresses", "192.0.2.10/32"), may("file", "기록 파일", "Record file"),
		toggle("allow_private", "사설망 주소 허용", "The exchange is inside our network"), lines("fields", "필드 순서", "Order of fields", "").further(),
	)},
}
