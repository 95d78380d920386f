package mailbox

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// troubleDomain is the domain of the recipients that ask for trouble.
const troubleDomain = "trouble.example"

// trouble is what a recipient asks for.
type trouble struct {
	refusal *awsapi.Error // nil takes the mail
	late    bool          // the answer comes late
	cut     bool          // the answer does not come at all
}

// troubleOf is what the recipients of a mail ask for, the first of them before the others. A label does not matter:
// cut+1@trouble.example is as cut@trouble.example.
//
//	throttled@trouble.example   TooManyRequestsException
//	broken@trouble.example      InternalFailure, with status 500
//	rejected@trouble.example    MessageRejected
//	unverified@trouble.example  MailFromDomainNotVerifiedException
//	limited@trouble.example     LimitExceededException
//	suspended@trouble.example   AccountSuspendedException
//	paused@trouble.example      SendingPausedException
//	slow@trouble.example        takes the mail, and answers late
//	cut@trouble.example         takes the mail, and cuts the connection
//
// All others are ordinary recipients, and so are those of SES's own mailbox simulator: success@, bounce@, complaint@ and
// suppressionlist@simulator.amazonses.com. SES takes their mail, and tells later, and elsewhere, what became of it.
//
// https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
func troubleOf(recipients []string) trouble {
	for _, written := range recipients {
		address, err := parseAddress(written)
		if err != nil {
			continue // it was refused before
		}
		local, domain := splitAddress(address)
		local, _, _ = strings.Cut(local, "+")
		if !strings.EqualFold(domain, troubleDomain) {
			continue
		}
		if asked, known := troubleAskedBy(strings.ToLower(local)); known {
			return asked
		}
	}
	return trouble{}
}

func troubleAskedBy(local string) (asked trouble, known bool) {
	refused := func(code, message string) (trouble, bool) {
		return trouble{refusal: awsapi.Errorf(code, "%s", message)}, true
	}
	switch local {
	case "throttled":
		return trouble{refusal: tooManyRequests()}, true
	case "broken":
		return trouble{refusal: internalFailure()}, true
	case "rejected":
		return refused(messageRejected, "The message can't be sent because it contains invalid content.")
	case "unverified":
		return refused("MailFromDomainNotVerifiedException", "The message can't be sent because the sending domain isn't verified.")
	case "limited":
		return refused("LimitExceededException", "Daily message quota exceeded")
	case "suspended":
		return refused("AccountSuspendedException", "The message can't be sent because the account's ability to send email has been permanently restricted.")
	case "paused":
		return refused("SendingPausedException", "The message can't be sent because the account's ability to send email is currently paused.")
	case "slow":
		return trouble{late: true}, true
	case "cut":
		return trouble{cut: true}, true
	}
	return trouble{}, false
}

// tooManyRequests is how SES refuses one mail a second too many.
//
// https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
func tooManyRequests() *awsapi.Error {
	return &awsapi.Error{Status: 429, Code: "TooManyRequestsException", Message: "Maximum sending rate exceeded"}
}

// internalFailure is an error of AWS's own that every operation can have.
//
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
func internalFailure() *awsapi.Error {
	return &awsapi.Error{
		Status: 500, Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.",
	}
}
