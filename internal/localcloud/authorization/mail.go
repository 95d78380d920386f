package authorization

import (
	"net/http"
	"net/mail"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// SES protects a service of SES v2's protocol.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
func (g *Guard) SES(service http.Handler) http.Handler {
	return g.protect(service, http.StatusForbidden, func(session Session, c call) []iam.Demand {
		if c.method != http.MethodPost || !strings.HasSuffix(c.path, "/outbound-emails") {
			return []iam.Demand{{Action: "ses:" + c.method + c.path, Resource: "*"}}
		}
		var sent struct {
			FromEmailAddress     string
			ConfigurationSetName string
		}
		c.decode(&sent)
		demands := []iam.Demand{identityDemand(session, sent.FromEmailAddress)}
		if sent.ConfigurationSetName != "" {
			demands = append(demands, iam.Demand{Action: sendEmail, Resource: awsapi.ARN("ses", "configuration-set/"+sent.ConfigurationSetName)})
		}
		return demands
	})
}

const sendEmail = "ses:SendEmail"

// identityDemand asks for the identity that a mail is sent from. Which one SES has verified, the address or its domain,
// the template need not say: the role needs the permission for one of them.
func identityDemand(session Session, from string) iam.Demand {
	address := from
	if parsed, err := mail.ParseAddress(from); err == nil {
		address = parsed.Address
	}
	ofAddress := iam.Demand{Action: sendEmail, Resource: awsapi.ARN("ses", "identity/"+address)}
	if session.Role.Consider(ofAddress) == iam.Allowed {
		return ofAddress
	}
	return iam.Demand{Action: sendEmail, Resource: awsapi.ARN("ses", "identity/"+address[strings.LastIndexByte(address, '@')+1:])}
}
