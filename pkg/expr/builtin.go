package expr

import (
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// builtin are the functions that are no part of CEL.
var builtin = []cel.EnvOption{
	span("days", 24*time.Hour),
	span("minutes", time.Minute),
	cel.Function("sum",
		cel.MemberOverload("list_double_sum", []*cel.Type{cel.ListType(cel.DoubleType)}, cel.DoubleType,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return sum(v, types.Double(0)) })),
		cel.MemberOverload("list_int_sum", []*cel.Type{cel.ListType(cel.IntType)}, cel.IntType,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return sum(v, types.Int(0)) }))),
	cel.Function("lower", cel.MemberOverload("string_lower", []*cel.Type{cel.StringType}, cel.StringType,
		cel.UnaryBinding(text(strings.ToLower)))),
	cel.Function("trim", cel.MemberOverload("string_trim", []*cel.Type{cel.StringType}, cel.StringType,
		cel.UnaryBinding(text(strings.TrimSpace)))),
	cel.Function("contains_any", cel.MemberOverload("string_contains_any",
		[]*cel.Type{cel.StringType, cel.ListType(cel.StringType)}, cel.BoolType, cel.BinaryBinding(containsAny))),
}

// maxSpans keeps a length within what a duration can hold.
const maxSpans = 100_000

func span(name string, of time.Duration) cel.EnvOption {
	return cel.Function(name, cel.Overload("int_"+name, []*cel.Type{cel.IntType}, cel.DurationType,
		cel.UnaryBinding(func(v ref.Val) ref.Val {
			n, ok := v.(types.Int)
			if !ok || n > maxSpans || n < -maxSpans {
				return types.NewErr("%s takes a number between -%d and %d", name, maxSpans, maxSpans)
			}
			return types.Duration{Duration: time.Duration(n) * of}
		})))
}

func sum(v, total ref.Val) ref.Val {
	list, ok := v.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	for it := list.Iterator(); it.HasNext() == types.True; {
		adder, ok := total.(traits.Adder)
		if !ok {
			return total
		}
		total = adder.Add(it.Next())
	}
	return total
}

func text(do func(string) string) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		s, ok := v.(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(v)
		}
		return types.String(do(string(s)))
	}
}

func containsAny(a, b ref.Val) ref.Val {
	s, ok := a.(types.String)
	list, listed := b.(traits.Lister)
	if !ok || !listed {
		return types.MaybeNoSuchOverloadErr(a)
	}
	lower := strings.ToLower(string(s))
	for it := list.Iterator(); it.HasNext() == types.True; {
		word, ok := it.Next().(types.String)
		if ok && strings.Contains(lower, strings.ToLower(string(word))) {
			return types.True
		}
	}
	return types.False
}
