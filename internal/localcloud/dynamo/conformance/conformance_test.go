// Package conformance_test holds the DynamoDB of the local cloud to AWS's own DynamoDB Local: both get the same random
// calls and must answer them in the same way, but for the deviations of DynamoDB Local that are written down here.
package conformance_test

import (
	"cmp"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	operations = flag.Int("operations", 5_000, "how many random operations are made")
	length     = flag.Int("length", 200, "how many operations follow one another on the same tables")
	seed       = flag.Uint64("seed", 0, "what the operations are drawn from; 0 for the time")
	kindsShown = flag.Int("differences", 10, "how many kinds of differences are looked for before the test gives up")
)

// enough is how many operations reach everything that is to be reached.
const enough = 100_000

func TestTheEngineDoesAsDynamoDBLocal(t *testing.T) {
	folder := os.Getenv("DYNAMODB_LOCAL")
	if folder == "" {
		t.Skip("DYNAMODB_LOCAL does not name the folder of DynamoDB Local: run make conformance, which installs it")
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	both := &pair{engine: newEngine(t), local: startLocal(t, folder)}
	reached := reach{}
	differences := map[string]int{}
	made := 0
	for number := uint64(0); made < *operations && len(differences) < *kindsShown; number++ {
		steps := sequence(*seed, number, *length)
		found, differ, err := both.replay(steps, func(s step, got, oracle outcome, deviation string) {
			made++
			reached.note(s, got, oracle, deviation)
		})
		if err != nil {
			t.Fatalf("sequence %d: %v", number, err)
		}
		if !differ {
			continue
		}
		made++
		if differences[found.kind]++; differences[found.kind] > 1 {
			continue
		}
		steps, found = both.shrink(steps, found)
		t.Errorf("sequence %d: %s\n%s\nthe engine:     %.2000s\nDynamoDB Local: %.2000s", number, found.kind, written(steps), found.got, found.oracle)
	}
	t.Logf("%d operations\n%s", made, reached)
	if missing := reached.missing(); made >= enough && len(missing) > 0 {
		t.Errorf("of %d operations, none reached: %s", made, strings.Join(missing, "; "))
	}
	for _, kind := range slices.SortedFunc(maps.Keys(differences), func(a, b string) int { return cmp.Compare(differences[b], differences[a]) }) {
		t.Logf("%d times: %s", differences[kind], kind)
	}
}

func written(steps []step) string {
	var text strings.Builder
	for _, s := range steps {
		body := s.String()
		if len(body) > 3000 {
			body = body[:3000] + "…"
		}
		text.WriteString("  " + body + "\n")
	}
	return text.String()
}
