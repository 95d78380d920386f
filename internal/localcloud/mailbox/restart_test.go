package mailbox_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// senderVariable makes the test binary a process that sends mail to a mailbox on the store in this folder, and says so for
// each mail, until it is killed.
const senderVariable = "MAILBOX_TEST_SENDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(senderVariable); dir != "" {
		sendForEver(dir)
		return
	}
	os.Exit(m.Run())
}

func openDir(dir string) (*mailbox.Mailbox, *store.Store, error) {
	disk, err := store.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	box, err := mailbox.New(mailbox.Config{Space: disk.Space("ses"), Identities: []mailbox.Identity{{Name: "bayon.example"}}})
	return box, disk, err
}

func sendForEver(dir string) {
	box, _, err := openDir(dir)
	for i := 0; err == nil; i++ {
		request := httptest.NewRequest(http.MethodPost, "/v2/email/outbound-emails", strings.NewReader(fmt.Sprintf(`{
			"FromEmailAddress": "alerts@bayon.example", "Destination": {"ToAddresses": ["maria@example.com"]},
			"Content": {"Simple": {"Subject": {"Data": "%d"}, "Body": {"Text": {"Data": "t"}}}}}`, i)))
		answer := httptest.NewRecorder()
		box.Handler().ServeHTTP(answer, request)
		if answer.Code != 200 {
			err = fmt.Errorf("%d %s", answer.Code, answer.Body)
			break
		}
		fmt.Println(i)
	}
	fmt.Fprintln(os.Stderr, err)
}

func TestTakenMailSurvivesAKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sender := exec.CommandContext(t.Context(), os.Args[0])
	sender.Env = append(os.Environ(), senderVariable+"="+dir)
	sender.Stderr = os.Stderr
	output, err := sender.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Start(); err != nil {
		t.Fatal(err)
	}
	var accepted []string
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		accepted = append(accepted, lines.Text())
		if len(accepted) == 200 {
			if err := sender.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = sender.Wait() // it was killed

	box, disk, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	kept := mails(t, box)
	var subjects []string
	for i, mail := range kept {
		subjects = append(subjects, mail.Subject)
		if mail.Number != uint64(i+1) {
			t.Errorf("mail %d has the number %d", i+1, mail.Number)
		}
	}
	for _, subject := range accepted {
		if !slices.Contains(subjects, subject) {
			t.Errorf("mail %s of %d was lost", subject, len(accepted))
		}
	}
	if code, answer := post(box, "/v2/email/outbound-emails", body(t, nil)); code != 200 {
		t.Fatalf("%d %s", code, answer)
	}
	after := mails(t, box)
	if len(after) != len(kept)+1 || after[len(kept)].Number != uint64(len(kept)+1) {
		t.Errorf("after a restart the next mail does not come last: %d mails, then %d", len(kept), len(after))
	}
}
