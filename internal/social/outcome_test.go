package social_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

const html = "<!DOCTYPE html><html><body>Sign in to continue</body></html>"

// TestOutcomes goes through what may come back for the request that makes a post, and for one before it.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                  string
		answer                reply
		publishing, preparing string
	}{
		{"400", reply{status: 400}, "refused", "refused"},
		{"401", reply{status: 401}, "unauthorized", "unauthorized"},
		{"403", reply{status: 403}, "unauthorized", "unauthorized"},
		{"404 in HTML", reply{status: 404, body: html}, "refused", "refused"},
		{"408", reply{status: 408}, "unavailable", "unavailable"},
		{"413", reply{status: 413}, "refused", "refused"},
		{"429", reply{status: 429, header: map[string]string{"Retry-After": "30"}}, "limited 30s", "limited 30s"},
		{"500", reply{status: 500}, "denied", "unavailable"},
		{"502", reply{status: 502, body: html}, "uncertain", "unavailable"},
		{"503", reply{status: 503}, "denied", "unavailable"},
		{"504", reply{status: 504}, "uncertain", "unavailable"},
		{"a redirect", reply{status: 302, header: map[string]string{"Location": "https://elsewhere.invalid/"}}, "uncertain", "unavailable"},
		{"a cut", reply{cut: true}, "uncertain", "unavailable"},
		{"success in HTML", reply{body: html}, "uncertain", "unavailable"},
		{"success without anything", reply{}, "uncertain", "unavailable"},
		{"success with null", reply{body: `null`}, "uncertain", "unavailable"},
		{"success without an id", reply{body: `{"data":{},"value":{}}`}, "uncertain", "unavailable"},
		{"success with an id of another type", reply{body: `{"id":{"a":1},"data":{"id":[1]},"value":{"image":true,"uploadUrl":"https://linkedin.com"}}`}, "uncertain", "unavailable"},
		{"success with an id that is a path", reply{body: `{"id":"..","data":{"id":"a b"},"value":{"image":""}}`}, "uncertain", "unavailable"},
		{"success in 10 MB", reply{body: `{"id":"` + strings.Repeat("7", 10<<20) + `"}`}, "uncertain", "unavailable"},
		{"an error in 10 MB", reply{status: 400, body: `{"error":{"message":"` + strings.Repeat("7", 10<<20) + `"}}`}, "refused", "refused"},
	}
	for _, route := range routes() {
		for _, test := range tests {
			t.Run(route.platform+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				if _, _, err := route.publish(t, route.publishing, test.answer); outcome(err) != test.publishing {
					t.Errorf("the post: %v, want %s", err, test.publishing)
				}
				_, script, err := route.publish(t, route.preparing, test.answer)
				if outcome(err) != test.preparing {
					t.Errorf("a step before it: %v, want %s", err, test.preparing)
				}
				for _, asked := range script.requests() {
					if strings.HasPrefix(asked, route.publishing+" ") {
						t.Error("the post was made without its images")
					}
				}
			})
		}
	}
	for _, platform := range []string{social.Blog, social.Newsletter} {
		for _, test := range tests {
			t.Run(platform+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				_, err := at(t, platform, test.answer).Publish(t.Context(), account(),
					social.Post{Key: "key-1", Recipients: []string{"ann@example.com"}})
				if outcome(err) != test.preparing { // the key makes every failure certain
					t.Errorf("%v, want %s", err, test.preparing)
				}
			})
		}
	}
}

// TestErrorsOfNetworks goes through how each network tells what is wrong.
func TestErrorsOfNetworks(t *testing.T) {
	t.Parallel()
	graph := func(code string) string {
		return `{"error":{"message":"(#` + code + `) no","type":"OAuthException","code":` + code + `,"error_subcode":1,"fbtrace_id":"x"}}`
	}
	const duplicate = `{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","title":"Forbidden","status":403}`
	reset := func(name, seconds string) map[string]string {
		return map[string]string{"X-" + name + "-Reset": seconds}
	}
	const inTenMinutes = "1772442600" // now is 1772442000
	tests := []struct {
		platform string
		answer   reply
		want     string
	}{
		{social.Facebook, reply{status: 400, body: graph("4")}, "limited 15m0s"},
		{social.Facebook, reply{status: 403, body: graph("4")}, "limited 15m0s"},
		{social.Facebook, reply{status: 400, body: graph("17")}, "limited 15m0s"},
		{social.Facebook, reply{status: 400, body: graph("32"), header: map[string]string{"Retry-After": "60"}}, "limited 1m0s"},
		{social.Facebook, reply{status: 400, body: graph("613")}, "limited 15m0s"},
		{social.Facebook, reply{status: 400, body: graph("80001")}, "limited 15m0s"},
		{social.Facebook, reply{status: 400, body: graph("79999")}, "refused"},
		{social.Facebook, reply{status: 400, body: graph("80015")}, "refused"},
		{social.Instagram, reply{status: 400, body: graph("9")}, "limited 15m0s"},
		{social.Facebook, reply{status: 400, body: graph("190")}, "unauthorized"},
		{social.Instagram, reply{status: 400, body: graph("190")}, "unauthorized"},
		{social.Facebook, reply{status: 400, body: graph("10")}, "unauthorized"},
		{social.Facebook, reply{status: 400, body: graph("200")}, "unauthorized"},
		{social.Facebook, reply{status: 400, body: graph("299")}, "unauthorized"},
		{social.Facebook, reply{status: 400, body: graph("300")}, "refused"},
		{social.Facebook, reply{status: 400, body: graph("100")}, "refused"},
		{social.Facebook, reply{status: 400, body: graph("2")}, "denied"},
		{social.Facebook, reply{status: 400, body: `{"error":{"code":99,"is_transient":true}}`}, "denied"},
		{social.Facebook, reply{status: 500, body: graph("1")}, "denied"},
		{social.Facebook, reply{status: 502, body: graph("1")}, "uncertain"},
		{social.Facebook, reply{status: 429, body: graph("99999")}, "limited 15m0s"},
		{social.Facebook, reply{status: 400, body: graph("506")}, "uncertain"},
		{social.Instagram, reply{status: 400, body: graph("9007")}, "unavailable"},
		{social.Facebook, reply{status: 400, body: `{"error":{"code":"190"}}`}, "refused"},
		{social.Facebook, reply{status: 400, body: `{"error":"no"}`}, "refused"},

		{social.LinkedIn, reply{status: 422, body: `{"status":422,"code":"MISSING_FIELD","message":"ERROR :: /author"}`}, "refused"},
		{social.LinkedIn, reply{status: 401, body: `{"status":401,"serviceErrorCode":65600,"code":"INVALID_ACCESS_TOKEN"}`}, "unauthorized"},
		{social.LinkedIn, reply{status: 429, body: `{"status":429,"code":"TOO_MANY_REQUESTS"}`}, "limited 15m0s"},

		{social.Twitter, reply{status: 403, body: duplicate}, "uncertain"},
		{social.Twitter, reply{status: 403, body: `{"detail":"You are not permitted to perform this action."}`}, "unauthorized"},
		{social.Twitter, reply{status: 403, body: `{"detail":["duplicate content"]}`}, "unauthorized"},
		{social.Twitter, reply{status: 429, header: reset("Rate-Limit", inTenMinutes)}, "limited 10m0s"},
		{social.Twitter, reply{status: 429, header: reset("User-Limit-24hour", inTenMinutes)}, "limited 10m0s"},
		{social.Twitter, reply{status: 429, header: map[string]string{
			"X-Rate-Limit-Remaining": "12", "X-Rate-Limit-Reset": "1772442900",
			"X-App-Limit-24hour-Remaining": "0", "X-App-Limit-24hour-Reset": inTenMinutes,
		}}, "limited 10m0s"},
		{social.Twitter, reply{status: 429, header: reset("Rate-Limit", "1")}, "limited 1s"},
		{social.Twitter, reply{status: 429, header: reset("Rate-Limit", "99999999999")}, "limited 15m0s"},
		{social.Twitter, reply{status: 429, header: reset("Rate-Limit", "soon")}, "limited 15m0s"},
		{social.Twitter, reply{status: 429}, "limited 15m0s"},
	}
	for _, test := range tests {
		for _, route := range routes() {
			if route.platform != test.platform {
				continue
			}
			_, _, err := route.publish(t, route.publishing, test.answer)
			if got := outcome(err); got != test.want {
				t.Errorf("%s with %d %s%v: %v, want %s", test.platform, test.answer.status, test.answer.body, test.answer.header, err, test.want)
			}
		}
	}
	// Nothing can be a duplicate before it is a post.
	x := routes()[3]
	if _, _, err := x.publish(t, x.preparing, reply{status: 403, body: duplicate}); outcome(err) != "unauthorized" {
		t.Errorf("an image that is a duplicate: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct{ header, want string }{
		{"120", "2m0s"},
		{" 120 ", "2m0s"},
		{"0", "1s"},
		{"1", "1s"},
		{"86400", "24h0m0s"},
		{"86401", "24h0m0s"},
		{"9223372036854775807", "24h0m0s"},
		{"Mon, 02 Mar 2026 09:01:30 GMT", "1m30s"},
		{"Mon, 02 Mar 2026 08:00:00 GMT", "1s"},
		{"Tue, 02 Mar 2027 08:00:00 GMT", "24h0m0s"},
		{"", "15m0s"},
		{"-5", "15m0s"},
		{"1.5", "15m0s"},
		{"99999999999999999999", "15m0s"},
		{"tomorrow", "15m0s"},
	}
	for _, test := range tests {
		answer := reply{status: 429, header: map[string]string{"Retry-After": test.header}}
		_, err := at(t, social.Facebook, answer).Publish(t.Context(), account(), social.Post{Text: "a"})
		if got := outcome(err); got != "limited "+test.want {
			t.Errorf("Retry-After %q: %s", test.header, got)
		}
	}
}

// withoutImages is what of a route is needed for a post without images, or with those that Instagram needs.
func withoutImages(route route) social.Post {
	if route.platform == social.Instagram {
		return social.Post{Text: "a", Images: []string{"https://images.example/a.jpg"}}
	}
	return social.Post{Text: "a"}
}

func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		t.Run(route.platform, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			script := &scripted{t: t, replies: map[string]http.Handler{}}
			for path, before := range route.before {
				script.replies[path] = before
			}
			script.replies[route.publishing] = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				cancel() // the caller's time is over
				<-r.Context().Done()
			})
			_, err := at(t, route.platform, script).Publish(ctx, account(), withoutImages(route))
			if outcome(err) != "uncertain" {
				t.Errorf("the post: %v", err)
			}
			if _, err := at(t, route.platform, script).Publish(ctx, account(), withoutImages(route)); outcome(err) != "unavailable" {
				t.Errorf("without any time: %v", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	for _, route := range routes() {
		network := of(t, route.platform, "http://"+listener.Addr().String())
		if _, err := network.Publish(t.Context(), account(), withoutImages(route)); outcome(err) != "unavailable" {
			t.Errorf("%s: %v", route.platform, err)
		}
	}
}

// An answer that breaks off after its headers tells as little as none.
func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	facebook := at(t, social.Facebook, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte(`{"id":"1001_`))
	}))
	if _, err := facebook.Publish(t.Context(), account(), social.Post{Text: "a"}); outcome(err) != "uncertain" {
		t.Error(err)
	}
}

// patient fails for a request that may take longer than it should.
type patient struct{ t *testing.T }

func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	if deadline, ok := r.Context().Deadline(); !ok || time.Until(deadline) > 15*time.Second {
		p.t.Errorf("%s %s has until %v", r.Method, r.URL, deadline)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestRequestsAreTimed(t *testing.T) {
	t.Parallel()
	for _, route := range routes() {
		script := &scripted{t: t, replies: map[string]http.Handler{route.publishing: route.published}}
		for path, before := range route.before {
			script.replies[path] = before
		}
		server := httptest.NewServer(script)
		defer server.Close()
		configured := config(server.URL)
		configured.HTTP = &http.Client{Transport: patient{t}}
		network, _ := social.New(configured).For(route.platform)
		if _, err := network.Publish(t.Context(), account(), post(server.URL)); err != nil {
			t.Errorf("%s: %v", route.platform, err)
		}
	}
}

// A network that never stops talking is not listened to for long.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	written := make(chan int, 1)
	facebook := at(t, social.Facebook, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sum, chunk := 0, make([]byte, 1<<20)
		for sum < 1<<30 {
			n, err := w.Write(chunk)
			sum += n
			if err != nil {
				break
			}
		}
		written <- sum
	}))
	if _, err := facebook.Publish(t.Context(), account(), social.Post{Text: "a"}); outcome(err) != "uncertain" {
		t.Error(err)
	}
	if sum := <-written; sum > 64<<20 {
		t.Errorf("%d bytes were read", sum)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var visits atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		network := at(t, social.Facebook, reply{status: status, header: map[string]string{"Location": elsewhere.URL}})
		if _, err := network.Publish(t.Context(), account(), social.Post{Text: "a"}); err == nil {
			t.Errorf("%d is a success", status)
		}
		if _, err := network.Metrics(t.Context(), account(), "1001_7"); outcome(err) != "unavailable" {
			t.Errorf("%d: metrics: %v", status, err)
		}
	}
	if visits.Load() != 0 {
		t.Errorf("%d requests went elsewhere", visits.Load())
	}
}

func TestInstagramWaits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		statuses []string
		want     string
		pauses   int
	}{
		{"ready at once", []string{"FINISHED"}, "done", 0},
		{"ready later", []string{"IN_PROGRESS", "IN_PROGRESS", "FINISHED"}, "done", 2},
		{"an image that it cannot use", []string{"IN_PROGRESS", "ERROR"}, "refused", 1},
		{"expired", []string{"EXPIRED"}, "unavailable", 0},
		{"published", []string{"PUBLISHED"}, "unavailable", 0},
		{"no status", []string{""}, "unavailable", 0},
		{"never ready", []string{"IN_PROGRESS"}, "unavailable", 25},
		{"time runs out", []string{"IN_PROGRESS", "cancel"}, "unavailable", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			route := routes()[1]
			script := &scripted{t: t, replies: map[string]http.Handler{route.publishing: route.published}}
			for path, before := range route.before {
				script.replies[path] = before
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var looks atomic.Int64
			var waited []time.Duration
			script.replies["GET /v23.0/55"] = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				status := test.statuses[min(int(looks.Add(1)), len(test.statuses))-1]
				if status == "cancel" {
					status = "IN_PROGRESS"
				}
				w.Write([]byte(`{"status_code":"` + status + `"}`))
			})
			server := httptest.NewServer(script)
			defer server.Close()
			configured := config(server.URL)
			configured.Pause = func(ctx context.Context, pause time.Duration) error {
				waited = append(waited, pause)
				if len(waited) == len(test.statuses) && test.statuses[len(waited)-1] == "cancel" {
					cancel()
				}
				return ctx.Err()
			}
			instagram, _ := social.New(configured).For(social.Instagram)
			_, err := instagram.Publish(ctx, account(), social.Post{Images: []string{"https://images.example/a.jpg"}})
			if outcome(err) != test.want || len(waited) != test.pauses {
				t.Errorf("%v after %v", err, waited)
			}
			for i, pause := range waited {
				if want := min(time.Second<<i, 5*time.Second); i < 10 && pause != want {
					t.Errorf("the pauses are %v", waited)
				}
			}
		})
	}
}

// A post that is made is made, whether its URL can be had or not.
func TestInstagramWithoutPermalink(t *testing.T) {
	t.Parallel()
	route := routes()[1]
	for _, answer := range []reply{{status: 500}, {cut: true}, {body: `{"permalink":"javascript:alert(1)"}`}, {body: `{"permalink":7}`}} {
		got, _, err := route.publish(t, "GET /v23.0/9", answer)
		if err != nil || got != (social.Published{PostID: "9"}) {
			t.Errorf("%v: %v, %v", answer, got, err)
		}
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		image reply
		want  string
	}{
		{"JPEG", reply{body: jpeg, header: map[string]string{"Content-Type": "text/plain"}}, "done"},
		{"PNG", reply{body: "\x89PNG\x0d\x0a\x1a\x0a"}, "done"},
		{"a web page", reply{body: html}, "refused"},
		{"a drawing", reply{body: `<svg xmlns="http://www.w3.org/2000/svg"/>`}, "refused"},
		{"nothing", reply{}, "refused"},
		{"too large", reply{body: jpeg + strings.Repeat(" ", 10<<20)}, "refused"},
		{"gone", reply{status: 404}, "refused"},
		{"forbidden", reply{status: 403}, "refused"},
		{"moved", reply{status: 301, header: map[string]string{"Location": "https://elsewhere.invalid/"}}, "refused"},
		{"broken", reply{status: 503}, "unavailable"},
		{"too often", reply{status: 429}, "unavailable"},
		{"cut", reply{cut: true}, "unavailable"},
	}
	for _, route := range routes()[2:] {
		for _, test := range tests {
			if _, _, err := route.publish(t, "GET /b.jpg", test.image); outcome(err) != test.want {
				t.Errorf("%s, %s: %v", route.platform, test.name, err)
			}
		}
		for _, address := range []string{"http://images.invalid/a.jpg", "file:///etc/passwd", "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", "://", ""} {
			network := at(t, route.platform, &scripted{t: t})
			if _, err := network.Publish(t.Context(), account(), social.Post{Images: []string{address}}); outcome(err) != "refused" {
				t.Errorf("%s, %s: %v", route.platform, address, err)
			}
		}
		_, _, err := route.publish(t, "GET /a.jpg", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s: the image's host gets the token", route.platform)
			}
			w.Write([]byte(jpeg))
		}))
		if err != nil {
			t.Error(err)
		}
	}
}

// only lets requests go to one host.
type only struct {
	t    *testing.T
	host string
}

func (o only) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != o.host {
		o.t.Errorf("a request to %s", r.URL.Host)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// LinkedIn says where an image is to be uploaded to; the token goes there.
func TestLinkedInUploadsToItselfOnly(t *testing.T) {
	t.Parallel()
	route := routes()[2]
	for _, address := range []string{
		"https://evil.example/upload", "https://linkedin.com.evil.example/upload", "https://notlinkedin.com/", "http://www.linkedin.com/upload", "", "::",
	} {
		script := &scripted{t: t, replies: map[string]http.Handler{
			"GET /a.jpg":        route.before["GET /a.jpg"],
			"POST /rest/images": reply{body: `{"value":{"uploadUrl":"` + address + `","image":"urn:li:image:5"}}`},
		}}
		server := httptest.NewServer(script)
		defer server.Close()
		configured := config(server.URL)
		configured.HTTP = &http.Client{Transport: only{t, strings.TrimPrefix(server.URL, "http://")}}
		linkedIn, _ := social.New(configured).For(social.LinkedIn)
		_, err := linkedIn.Publish(t.Context(), account(), social.Post{Text: "a", Images: []string{server.URL + "/a.jpg"}})
		if outcome(err) != "unavailable" {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, _, err := route.publish(t, "PUT /upload", reply{cut: true}); outcome(err) != "unavailable" {
		t.Errorf("an upload that is cut: %v", err)
	}
}

// What a network says for agents reaches them; what it says of the token does not.
func TestReasons(t *testing.T) {
	t.Parallel()
	tests := []struct{ message, want string }{
		{"The image's aspect\\n ratio is not supported.", "refused: Facebook did not accept the post: The image's aspect ratio is not supported."},
		{"Malformed access token " + secret, "refused: Facebook did not accept the post (status 400, code 100)."},
		{"Malformed access token (" + secret + ")", "refused: Facebook did not accept the post (status 400, code 100)."},
		{"Malformed access token " + secret[:12], "refused: Facebook did not accept the post (status 400, code 100)."},
		{strings.Repeat("a", 300), "refused: Facebook did not accept the post: " + strings.Repeat("a", 199) + "…"},
		{"", "refused: Facebook did not accept the post (status 400, code 100)."},
	}
	for _, test := range tests {
		answer := reply{status: 400, body: `{"error":{"code":100,"message":"internal","error_user_msg":"` + test.message + `"}}`}
		_, err := at(t, social.Facebook, answer).Publish(t.Context(), account(), social.Post{Text: "a"})
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: %v", test.message, err)
		}
	}
}
