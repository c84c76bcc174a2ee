package forms

import "slices"

// table lists the forms in the order in which they are offered.
var table = slices.Concat(mail, social, phone, shop, other)

var other = []Form{
	{Kind: "webchat", Label: Text{"웹 채팅", "Web chat"}, Group: "chat", Fields: []Field{
		{Name: "title", Label: Text{"제목", "Title"}},
		{Name: "greeting", Label: Text{"인사말", "Greeting"}},
		{Name: "color", Label: Text{"색", "Colour"}, Example: "#1d6e5c"},
		{Name: "origins", Label: Text{"허용할 사이트", "Allowed sites"}, Type: "lines", Example: "https://www.example.com",
			Help: &Text{"비워 두면 어느 사이트에나 넣을 수 있습니다.", "Left empty, any site may embed it."}},
		{Name: "demo", Label: Text{"데모 페이지 제공", "Offer a demo page"}, Type: "switch"},
		{Name: "max_text", Label: Text{"메시지 최대 길이", "Longest message"}, Type: "number", Advanced: true},
		{Name: "external_scope", Label: Text{"고객 번호의 범위", "Scope of customer ids"}, Advanced: true},
		{Name: "identity_secret", Label: Text{"본인 확인 비밀키", "Identity secret"}, Secret: true, Advanced: true,
			Help: &Text{"비워 두면 만들어집니다.", "Left empty, one is made."}},
	}},
	{Kind: "webhook", Label: Text{"웹훅", "Webhook"}, Group: "other", Fields: []Field{
		{Name: "profile", Label: Text{"형식", "Profile"}, Type: "choice", Choices: []string{"plain", "standard", "mapped"}, Default: "plain", Required: true},
		{Name: "auth", Label: Text{"인증", "Authentication"}, Type: "choice", Choices: []string{"none", "token", "basic", "hmac", "standard", "jwt", "ed25519"}, Default: "none"},
		{Name: "username", Label: Text{"사용자 이름", "User name"}, When: &When{"auth", []string{"basic"}}},
		{Name: "password", Label: Text{"비밀번호", "Password"}, Secret: true, Required: true, When: &When{"auth", []string{"basic"}}},
		{Name: "token", Label: Text{"토큰", "Token"}, Secret: true, Required: true, When: &When{"auth", []string{"token"}}},
		{Name: "secret", Label: Text{"서명 비밀키", "Signing secret"}, Secret: true, Required: true, When: &When{"auth", []string{"hmac", "standard", "jwt"}}},
		{Name: "signature", Label: Text{"서명 방식", "Signature"}, Type: "json", Example: `{"header":"X-Signature","algorithm":"sha256"}`, Advanced: true, When: &When{"auth", []string{"token", "hmac", "jwt", "ed25519"}}},
		{Name: "mapping", Label: Text{"필드 대응", "Mapping"}, Type: "json", Required: true, Example: `{"external_id":"/id","sender_id":"/from","text":"/text"}`, When: &When{"profile", []string{"mapped"}}},
		{Name: "reply_url", Label: Text{"답장을 받을 주소", "Address that takes answers"}, Example: "https://shop.example.com/answers"},
		{Name: "reply_secret", Label: Text{"답장 서명 비밀키", "Secret that signs answers"}, Secret: true, Advanced: true, Help: &Text{"비워 두면 만들어집니다.", "Left empty, one is made."}},
		{Name: "media_hosts", Label: Text{"파일을 받아올 호스트", "Hosts that files come from"}, Type: "lines", Advanced: true, Example: "files.example.com"},
		{Name: "allow_ips", Label: Text{"허용할 주소", "Allowed addresses"}, Type: "lines", Advanced: true, Example: "192.0.2.0/24"},
		{Name: "allow_private", Label: Text{"사설망 주소 허용", "Private addresses are allowed"}, Type: "switch", Advanced: true},
	}},
	{Kind: "telemetry", Label: Text{"제품 상태 (텔레메트리)", "Telemetry"}, Group: "other",
		Help: &Text{"기기나 서비스의 이벤트를 규칙에 따라 고객의 대화로 만듭니다.", "Makes events of devices and services part of a customer's conversation, by rules."},
		Fields: []Field{
			{Name: "source", Label: Text{"받는 방법", "Source"}, Type: "choice", Choices: []string{"nats", "mqtt"}, Default: "nats", Required: true},
			need("subject", "NATS 주제", "NATS subject", "telemetry.devices.>").when("source", "nats"),
			need("broker", "MQTT 브로커", "MQTT broker", "mqtts://broker.example.com:8883").when("source", "mqtt"),
			need("topic", "MQTT 주제", "MQTT topic", "devices/+/events").when("source", "mqtt"),
			may("client_id", "MQTT 클라이언트 ID", "MQTT client id").when("source", "mqtt"),
			may("user", "MQTT 사용자", "MQTT user").when("source", "mqtt"),
			{Name: "password", Label: Text{"MQTT 비밀번호", "MQTT password"}, Secret: true, When: &When{"source", []string{"mqtt"}}},
			{Name: "rules", Label: Text{"규칙", "Rules"}, Type: "json", Required: true, Example: `[{"name":"overheat","when":{"all":[{"pointer":"/temperature","op":"gte","value":80}]},"text":"The device is too hot.","once_per":"24h"}]`},
			{Name: "customer", Label: Text{"고객", "Customer"}, Type: "json", Required: true, Example: `{"pointer":"/owner","kind":"external"}`},
			may("id", "이벤트 번호의 위치", "Where an event's id stands").like("/id"),
			may("time", "시각의 위치", "Where the time stands").like("/at"),
			may("default_region", "국가", "Country").like("KR").further(),
			may("external_scope", "고객 번호의 범위", "Scope of customer ids").further(),
			number("per_second", "초당 최대 건수", "At most this many a second").further(),
			toggle("allow_private", "사설망 주소 허용", "Private addresses are allowed").further(),
		}},
	{Kind: "visit", Label: Text{"방문", "Visits"}, Group: "other",
		Help:   &Text{"매장 방문과 손으로 적는 통화를 담습니다.", "Holds visits in person and calls written down by hand."},
		Fields: []Field{{Name: "region", Label: Text{"국가", "Country"}, Default: "KR", Help: &Text{"국가 번호 없이 적은 전화번호를 읽는 기준입니다.", "Where a number without a country code is taken to be."}}}},
}
