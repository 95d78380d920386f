package social

import "strings"

// trouble is what an account asks for.
type trouble struct {
	refusal problem // 0 takes the request
	late    bool    // the answer to a post comes late
	cut     bool    // the answer to a post does not come at all
	denied  bool    // the answer to a post is that it was not made
}

// troubleOf is what an account asks for by how its id begins.
//
//	forbidden  403: the token is not for this account
//	limited    429, with Retry-After
//	broken     503
//	slow       the post is made, and answered late
//	cut        the post is made, and the connection cut without an answer
//	denied     the post is made, and answered with 503
//
// Beside that, a token that begins with revoked is refused with 401, an image whose URL has missing in it cannot be fetched,
// and Instagram cannot make anything of one with unreadable in it. Where neither the request nor Config.Owner tells the
// account (X, blog, newsletter), the beginning of the token counts in its place. A post that the sandbox does not know asks
// by the beginning of its id; and such a post is not there if its id begins with missing.
func troubleOf(account string) trouble {
	account = account[strings.LastIndexByte(account, ':')+1:] // urn:li:person:limited-1
	switch {
	case strings.HasPrefix(account, "forbidden"):
		return trouble{refusal: forbidden}
	case strings.HasPrefix(account, "limited"):
		return trouble{refusal: limited}
	case strings.HasPrefix(account, "broken"):
		return trouble{refusal: broken}
	}
	return trouble{
		late:   strings.HasPrefix(account, "slow"),
		cut:    strings.HasPrefix(account, "cut"),
		denied: strings.HasPrefix(account, "denied"),
	}
}

func revoked(token string) bool { return strings.HasPrefix(token, "revoked") }

// unfetchable tells whether a network finds nothing at a URL.
func unfetchable(url string) bool { return strings.Contains(url, "missing") }
