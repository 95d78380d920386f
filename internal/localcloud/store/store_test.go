package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func TestSpacesAreApartAndOrdered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, second := opened.Space("a"), opened.Space("b")
	batch := first.Batch()
	for _, key := range []string{"3", "1", "2"} {
		batch.Set([]byte(key), []byte("v"+key))
	}
	batch.In(second).Set([]byte("9"), []byte("other"))
	if err := batch.Apply(); err != nil {
		t.Fatal(err)
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}

	opened, err = store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	first, second = opened.Space("a"), opened.Space("b")
	tests := []struct {
		name     string
		scan     func(from, to []byte, visit store.Visit) error
		from, to []byte
		want     []string
	}{
		{"all", first.Scan, nil, nil, []string{"1=v1", "2=v2", "3=v3"}},
		{"half open", first.Scan, []byte("1"), []byte("3"), []string{"1=v1", "2=v2"}},
		{"descending", first.ScanReverse, []byte("2"), nil, []string{"3=v3", "2=v2"}},
		{"another space", second.Scan, nil, nil, []string{"9=other"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			err := test.scan(test.from, test.to, func(key, value []byte) (bool, error) {
				got = append(got, fmt.Sprintf("%s=%s", key, value))
				return true, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, found, err := first.Get([]byte("9")); found || err != nil {
		t.Errorf("Get of another space's key: found %v, error %v", found, err)
	}
	removal := first.Batch()
	removal.DeleteRange(nil, nil)
	if err := removal.Apply(); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := first.Get([]byte("1")); found {
		t.Error("DeleteRange left a key")
	}
	if _, found, _ := second.Get([]byte("9")); !found {
		t.Error("DeleteRange reached into another space")
	}
}
