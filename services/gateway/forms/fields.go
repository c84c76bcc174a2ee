package forms

// secret is a field that is written once and has to be given.
func secret(name, ko, en string) Field {
	return Field{Name: name, Label: Text{ko, en}, Secret: true, Required: true}
}

// made is a secret that the adapter makes where none is given.
func made(name, ko, en string) Field {
	return Field{Name: name, Label: Text{ko, en}, Secret: true, Advanced: true, Help: &Text{"비워 두면 만들어집니다.", "Left empty, one is made."}}
}

func need(name, ko, en, example string) Field {
	return Field{Name: name, Label: Text{ko, en}, Required: true, Example: example}
}

func may(name, ko, en string) Field { return Field{Name: name, Label: Text{ko, en}} }

func toggle(name, ko, en string) Field { return Field{Name: name, Label: Text{ko, en}, Type: "switch"} }

func lines(name, ko, en, example string) Field {
	return Field{Name: name, Label: Text{ko, en}, Type: "lines", Example: example}
}

func number(name, ko, en string) Field { return Field{Name: name, Label: Text{ko, en}, Type: "number"} }

func (f Field) with(ko, en string) Field {
	f.Help = &Text{ko, en}
	return f
}

func (f Field) when(field string, in ...string) Field {
	f.When = &When{field, in}
	return f
}

func (f Field) block() Field {
	f.Type = "block"
	return f
}

func (f Field) further() Field {
	f.Advanced = true
	return f
}

func (f Field) like(example string) Field {
	f.Example = example
	return f
}

// api is what every provider's settings have: where the provider is.
func api(fields ...Field) []Field {
	return append(fields,
		may("api_url", "API 주소", "API address").further().with("비워 두면 제공자의 주소를 씁니다.", "Left empty, the provider's own."),
		toggle("allow_private", "사설망 주소 허용", "Private addresses are allowed").further(),
	)
}
