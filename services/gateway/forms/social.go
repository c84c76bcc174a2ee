package forms

// meta is what the channels of Meta have in common.
func meta(fields ...Field) []Field {
	return append(api(append(fields,
		secret("app_secret", "앱 시크릿", "App secret"),
		secret("access_token", "액세스 토큰", "Access token"),
		made("verify_token", "확인 토큰", "Verify token").with("웹훅을 등록할 때 Meta에 입력하는 값입니다. 비워 두면 만들어집니다.", "Entered at Meta together with the hook address. Left empty, one is made."),
	)...),
		may("api_version", "API 버전", "API version").further().like("v23.0"),
		toggle("appsecret_proof", "앱 시크릿 증명 보내기", "Send a proof of the app secret").further(),
	)
}

var social = []Form{
	{Kind: "kakaotalk", Label: Text{"카카오톡 상담톡", "KakaoTalk consultation"}, Group: "chat", Fields: api(
		need("sender_key", "발신 프로필 키", "Sender key", "0123456789abcdef0123456789abcdef01234567"),
		secret("client_id", "딜러 클라이언트 ID", "Dealer's client id"),
		secret("client_secret", "딜러 클라이언트 시크릿", "Dealer's client secret"),
		may("header", "비밀키를 담는 헤더", "Header that bears the secret").further(),
		Field{Name: "hook_secret", Label: Text{"웹훅 비밀키", "Hook secret"}, Secret: true, Advanced: true},
		may("app", "카카오 앱 이름", "Kakao application").further(),
		Field{Name: "fields", Label: Text{"딜러의 필드 이름", "The dealer's field names"}, Type: "json", Advanced: true},
	)},
	{Kind: "kakao", Label: Text{"카카오톡 채널 (스킬)", "KakaoTalk channel (skill)"}, Group: "chat", Fields: []Field{
		secret("skill_secret", "스킬 비밀키", "Skill secret").with("스킬 헤더에 같은 값을 넣으세요.", "Enter the same value in the skill's header."),
		may("header", "비밀키를 담는 헤더", "Header that bears the secret").like("X-Skill-Secret"),
		may("bot_id", "봇 ID", "Bot id"),
		may("acknowledgement", "접수 안내 문구", "Acknowledgement").with("바로 답할 수 없을 때 보냅니다.", "Said where no agent can answer in time."),
		may("waiting", "연결 안내 문구", "While the customer waits"),
		may("app", "카카오 앱 이름", "Kakao application").further(),
		lines("callback_hosts", "콜백 호스트", "Callback hosts", ".kakao.com").further(),
		toggle("allow_private", "사설망 주소 허용", "Private addresses are allowed").further(),
	}},
	{Kind: "navertalk", Label: Text{"네이버 톡톡", "Naver TalkTalk"}, Group: "chat", Fields: api(
		secret("authorization", "Authorization 값", "Authorization"),
		toggle("pay", "네이버페이 결제 승인", "Naver Pay may take payments"),
		toggle("notify", "나간 고객에게 알림", "Notify customers who have left"),
		toggle("check_ip", "네이버 주소에서만 받기", "Only from Naver's addresses").further(),
		lines("sources", "네이버 주소 범위", "Naver's address ranges", "192.0.2.0/24").further(),
		number("source_id", "챗봇 번호", "Number of the chatbot").further(),
	)},
	{Kind: "channeltalk", Label: Text{"채널톡", "Channel Talk"}, Group: "chat", Fields: api(
		secret("access_key", "Access Key", "Access key"), secret("access_secret", "Access Secret", "Access secret"), secret("webhook_token", "웹훅 토큰", "Webhook token"),
		may("bot_name", "답하는 이름", "Who answers"),
	)},
	{Kind: "line", Label: Text{"라인", "LINE"}, Group: "chat", Fields: api(
		secret("channel_secret", "채널 시크릿", "Channel secret"), secret("channel_access_token", "채널 액세스 토큰", "Channel access token"),
		may("provider", "제공자 이름", "Provider").further().with("같은 이름의 인박스는 고객 ID를 함께 씁니다.", "Inboxes with the same name share their customers' ids."),
		may("bot_user_id", "계정의 사용자 ID", "Account's user id").further().with("여러 계정이 한 주소를 함께 쓸 때 필요합니다.", "Needed where several accounts share one hook."),
		toggle("push_only", "항상 푸시로 보내기", "Always push").further(),
		may("data_url", "파일 주소", "Address of files").further(),
	)},
	{Kind: "whatsapp", Label: same("WhatsApp"), Group: "chat", Fields: meta(
		need("phone_number_id", "전화번호 ID", "Phone number id", "106540352242922"),
		may("waba_id", "비즈니스 계정 ID", "Business account id").with("템플릿을 쓰려면 필요합니다.", "Needed for templates."),
	)},
	{Kind: "messenger", Label: same("Messenger"), Group: "chat", Fields: meta(
		need("page_id", "페이지 ID", "Page id", "104012345678901"),
		may("app_id", "앱 ID", "App id").with("연결 버튼에 필요합니다.", "Needed to connect."),
		toggle("human_agent", "상담원 7일 답장 권한", "Agents may answer for seven days"),
	)},
	{Kind: "instagram", Label: same("Instagram"), Group: "chat", Fields: meta(
		need("account_id", "계정 ID", "Account id", "17841400000000000"),
		may("page_id", "페이지 ID", "Page id"), may("app_id", "앱 ID", "App id"),
		toggle("human_agent", "상담원 7일 답장 권한", "Agents may answer for seven days"),
		toggle("public_replies", "댓글에 공개 답글", "Answer comments in public"),
	)},
	{Kind: "telegram", Label: same("Telegram"), Group: "chat", Fields: api(
		secret("bot_token", "봇 토큰", "Bot token").like("123456789:AAExampleExampleExampleExampleExample"),
		made("secret_token", "웹훅 비밀 토큰", "Hook secret token"),
	)},
	{Kind: "slack", Label: same("Slack"), Group: "chat", Fields: api(
		secret("signing_secret", "Signing Secret", "Signing secret").with("이 훅의 주소를 앱의 Event Subscriptions와 Interactivity 두 곳에 Request URL로 넣으세요.", "Give the app this hook as the request URL of both Event Subscriptions and Interactivity."), secret("bot_token", "봇 토큰", "Bot token").like("xoxb-1-2-example"),
		may("team_id", "워크스페이스 ID", "Workspace id").like("T0123ABCD").further().with("앱 하나를 여러 워크스페이스에서 쓸 때 필요합니다.", "Needed where one app is installed in several workspaces."),
	)},
	{Kind: "discord", Label: same("Discord"), Group: "chat", Fields: api(
		need("public_key", "공개 키", "Public key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff").with("애플리케이션의 Public Key입니다.", "The application's public key."),
		secret("bot_token", "봇 토큰", "Bot token"),
		may("command", "명령 이름", "Name of the command").like("support"), may("received", "접수 안내 문구", "Acknowledgement"),
	)},
	{Kind: "x", Label: same("X"), Group: "chat", Fields: api(
		need("user_id", "계정 ID", "Account's id", "2244994945"),
		secret("consumer_key", "컨슈머 키", "Consumer key"), secret("consumer_secret", "컨슈머 시크릿", "Consumer secret"),
		secret("access_token", "액세스 토큰", "Access token"), secret("access_token_secret", "액세스 토큰 시크릿", "Access token secret"),
	)},
	{Kind: "twilio", Label: Text{"문자 (Twilio)", "Text messages (Twilio)"}, Group: "text", Fields: api(
		need("public_url", "Twilio가 부르는 이 훅의 주소", "This hook's address as Twilio calls it", "https://inbox.example.com/hooks/twilio/token"),
		need("account_sid", "계정 SID", "Account SID", "AC00000000000000000000000000000000"),
		need("from", "발신 번호", "Sending number", "+15005550006"), secret("auth_token", "인증 토큰", "Auth token"),
		may("messaging_service_sid", "메시징 서비스 SID", "Messaging service SID").further(), may("api_key_sid", "API 키 SID", "API key SID").further(),
		Field{Name: "api_key_secret", Label: Text{"API 키 시크릿", "API key's secret"}, Secret: true, Advanced: true},
	)},
	{Kind: "vonage", Label: Text{"문자 (Vonage)", "Text messages (Vonage)"}, Group: "text", Fields: api(
		need("application_id", "애플리케이션 ID", "Application's id", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"),
		need("from", "발신 번호 또는 이름", "Sending number or name", "821012345678"),
		secret("signature_secret", "서명 시크릿", "Signature secret"), secret("private_key", "개인 키 (PEM)", "Private key (PEM)").block(),
		Field{Name: "api_secret", Label: Text{"API 시크릿", "API secret"}, Secret: true, Advanced: true}.with("훅 주소를 Vonage에 등록할 때만 필요합니다.", "Needed only to register the hook with Vonage."),
		may("api_key", "API 키", "API key").further(), may("network", "네트워크", "Network").further().like("sms"), may("sms_signature", "문자 서명 방식", "How texts are signed").further(),
	)},
	{Kind: "viber", Label: same("Viber"), Group: "chat", Fields: api(
		secret("auth_token", "인증 토큰", "Auth token"), may("name", "답하는 이름", "Who answers"), may("avatar", "프로필 사진 주소", "Address of the avatar").like("https://"),
	)},
	{Kind: "zalo", Label: same("Zalo"), Group: "chat", Fields: api(
		need("app_id", "앱 ID", "App id", "1234567890123456789"),
		secret("oa_secret_key", "OA 비밀키", "Official account's secret key"), secret("access_token", "액세스 토큰", "Access token"),
		Field{Name: "refresh_token", Label: Text{"리프레시 토큰", "Refresh token"}, Secret: true}.with("앱 비밀키와 함께 넣으면 토큰을 제때 갱신합니다.", "With the app's secret, tokens are renewed in time."),
		Field{Name: "app_secret", Label: Text{"앱 비밀키", "App's secret"}, Secret: true},
		may("oa_id", "공식 계정 ID", "Official account's id").further().with("앱 하나로 여러 계정을 쓸 때 필요합니다.", "Needed where one app manages several accounts."),
	)},
	{Kind: "wechat", Label: same("WeChat"), Group: "chat", Fields: api(
		need("app_id", "앱 ID", "App id", "wx0123456789abcdef"),
		secret("token", "토큰", "Token"), secret("app_secret", "앱 시크릿", "App secret"),
		Field{Name: "encoding_aes_key", Label: Text{"EncodingAESKey", "EncodingAESKey"}, Secret: true}.with("암호화 모드에 필요합니다.", "Needed in secure mode."),
		toggle("secure", "암호화된 요청만 받기", "Take encrypted requests only"),
	)},
	{Kind: "alimtalk", Label: Text{"알림톡", "Alimtalk"}, Group: "text", Fields: api(
		need("pf_id", "카카오 채널 ID (pfId)", "Kakao channel (pfId)", "KA01PF000000000000000000000000"),
		need("from", "발신 번호", "Sending number", "0212345678"),
		secret("api_key", "API 키", "API key"), secret("api_secret", "API 시크릿", "API secret"), secret("hook_secret", "결과 웹훅 비밀키", "Secret of result hooks"),
		toggle("sms", "실패하면 문자로", "Fall back to a text message"),
		may("header", "비밀키를 담는 헤더", "Header that bears the secret").further(),
	)},
}
