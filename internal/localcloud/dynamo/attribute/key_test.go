package attribute_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
)

// keyTexts generates texts that are awkward as keys: with the bytes 0, 1 and 255, and beginnings of one another.
func keyTexts() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 'b', 0xFE, 0xFF}), 0, 6),
		func(b []byte) string { return string(b) })
}

func TestKeysKeepTheOrderOfTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := keyTexts().Draw(t, "a"), keyTexts().Draw(t, "b")
		keyA, keyB := attribute.AppendKey(nil, attribute.Text(a)), attribute.AppendKey(nil, attribute.Text(b))
		if got, want := bytes.Compare(keyA, keyB), strings.Compare(a, b); got != want {
			t.Errorf("the keys of %q and %q compare as %d, want %d", a, b, got, want)
		}
		if a != b && (bytes.HasPrefix(keyA, keyB) || bytes.HasPrefix(keyB, keyA)) {
			t.Errorf("one of the keys of %q and %q is the beginning of the other", a, b)
		}
	})
}

func TestKeyPrefixCoversExactlyWhatBeginsWithIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, prefix := keyTexts().Draw(t, "text"), keyTexts().Draw(t, "prefix")
		key := attribute.AppendKey(nil, attribute.Text(text))
		from := attribute.AppendKeyPrefix(nil, prefix)
		to := attribute.After(from)
		within := bytes.Compare(from, key) <= 0 && (to == nil || bytes.Compare(key, to) < 0)
		if within != strings.HasPrefix(text, prefix) {
			t.Errorf("the key of %q is in the range of the prefix %q: %v", text, prefix, within)
		}
	})
}

func TestAfter(t *testing.T) {
	t.Parallel()
	tests := []struct{ prefix, want []byte }{
		{[]byte{1, 2}, []byte{1, 3}},
		{[]byte{1, 0xFF}, []byte{2}},
		{[]byte{0xFF, 0xFF}, nil},
		{nil, nil},
	}
	for _, test := range tests {
		if got := attribute.After(test.prefix); !bytes.Equal(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("After(%v) = %v, want %v", test.prefix, got, test.want)
		}
	}
}
