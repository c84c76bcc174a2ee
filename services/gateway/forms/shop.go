package forms

var shop = []Form{
	{Kind: "shopify", Label: same("Shopify"), Group: "shop", Fields: api(
		may("shop", "상점 도메인", "Shop").like("my-shop.myshopify.com"),
		secret("secret", "앱 클라이언트 시크릿", "App's client secret"),
		Field{Name: "previous_secret", Label: Text{"이전 시크릿", "Secret before it"}, Secret: true, Advanced: true},
		may("default_region", "국가", "Country").like("KR").further(),
		may("previous_until", "이전 시크릿 만료", "The secret before it ends").further().like("2026-01-31T09:00:00Z"),
		Field{Name: "access_token", Label: Text{"Admin API 액세스 토큰", "Admin API access token"}, Secret: true, Help: &Text{
			"있으면 웹훅을 여기서 등록하고 끊어진 것을 되살립니다.", "With it the webhooks are made from here, and made again when the shop drops them.",
		}},
		may("api_version", "API 버전", "API version").further().like("2026-01"),
	)},
	{Kind: "shop", Label: Text{"쇼핑몰 (직접 연결)", "Any shop"}, Group: "shop", Fields: []Field{
		may("shop", "상점 이름", "Shop"),
		{Name: "auth", Label: Text{"인증", "Authentication"}, Type: "choice", Choices: []string{"hmac", "token", "basic", "none"}, Default: "hmac", Required: true},
		need("signature.header", "서명 헤더", "Header of the signature", "X-Signature").when("auth", "hmac"),
		secret("secret", "서명 비밀키", "Signing secret").when("auth", "hmac"),
		may("token_header", "토큰 헤더", "Header of the token").when("auth", "token"), secret("token", "토큰", "Token").when("auth", "token"),
		need("user", "사용자", "User", "shop").when("auth", "basic"), secret("password", "비밀번호", "Password").when("auth", "basic"),
		{Name: "order", Label: Text{"주문 필드 (JSON 포인터)", "Fields of an order (JSON pointers)"}, Type: "json", Required: true, Example: `{"id":"/id","number":"/number","total":"/total","updated_at":"/updated_at"}`},
		{Name: "customer", Label: Text{"고객 필드 (JSON 포인터)", "Fields of the customer (JSON pointers)"}, Type: "json", Required: true, Example: `{"email":"/customer/email","phone":"/customer/phone"}`},
		may("default_region", "국가", "Country").like("KR"), may("external_scope", "고객 번호의 범위", "Scope of customer ids").further(),
		{Name: "times", Label: Text{"시간 형식", "How times are written"}, Type: "choice", Choices: []string{"rfc3339", "unix", "unix_ms"}, Default: "rfc3339", Advanced: true},
		may("batch", "묶음의 위치", "Where a batch stands").further(),
		may("signature.algorithm", "서명 알고리즘", "Algorithm").when("auth", "hmac").further(), may("signature.encoding", "서명 인코딩", "Encoding").when("auth", "hmac").further(), may("signature.prefix", "서명 머리말", "Prefix").when("auth", "hmac").further(),
	}},
}
