package keys

import (
	"encoding/json"
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Limits of KMS, in bytes.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
const (
	maxBody       = 64 << 10
	maxPlaintext  = 4096
	maxCiphertext = 6144
	maxKeyID      = 2048
	symmetric     = "SYMMETRIC_DEFAULT"
)

// Handler serves KMS's JSON protocol. Keys come from the template, so there are two operations only: Encrypt and Decrypt.
// Whoever calls them is the account's own administrator.
//
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html
func (k *Keys) Handler() http.Handler {
	return &awsapi.JSON{
		Version:    "1.1",
		MaxBody:    maxBody,
		Operations: map[string]awsapi.Operation{"Encrypt": k.encryptText, "Decrypt": k.decryptText},
	}
}

// request is that of both operations. A pointer is nil when the member is missing or null.
type request struct {
	KeyID               *string `json:"KeyId"`
	Plaintext           []byte
	CiphertextBlob      []byte
	EncryptionContext   map[string]string
	EncryptionAlgorithm *string

	// Members that the local cloud refuses rather than pass over.
	DryRun    bool
	Recipient json.RawMessage
}

func decode(body []byte) (request, error) {
	var decoded request
	if json.Unmarshal(body, &decoded) != nil {
		return decoded, awsapi.Errorf("SerializationException", "The request body does not fit the operation.") // the reason may quote it
	}
	switch {
	case decoded.DryRun, len(decoded.Recipient) > 0 && string(decoded.Recipient) != "null":
		return decoded, awsapi.Errorf("UnsupportedOperationException", "The local cloud does not support DryRun and Recipient.")
	case decoded.KeyID != nil && (len(*decoded.KeyID) < 1 || len(*decoded.KeyID) > maxKeyID):
		return decoded, invalid("keyId", "Member must have length between 1 and 2048, inclusive")
	case decoded.EncryptionAlgorithm != nil && *decoded.EncryptionAlgorithm != symmetric:
		return decoded, awsapi.Errorf("InvalidKeyUsageException", "The key is symmetric: its only EncryptionAlgorithm is %s.", symmetric)
	}
	return decoded, nil
}

type encryptResponse struct {
	CiphertextBlob      []byte
	EncryptionAlgorithm string
	KeyID               string `json:"KeyId"`
}

func (k *Keys) encryptText(_ *http.Request, body []byte) (any, error) {
	asked, err := decode(body)
	if err != nil {
		return nil, err
	}
	switch {
	case asked.KeyID == nil:
		return nil, invalid("keyId", "Member must not be null")
	case asked.Plaintext == nil:
		return nil, invalid("plaintext", "Member must not be null")
	case len(asked.Plaintext) < 1:
		return nil, invalid("plaintext", "Member must have length greater than or equal to 1")
	case len(asked.Plaintext) > maxPlaintext:
		return nil, invalid("plaintext", "Member must have length less than or equal to 4096")
	}
	key, err := k.find(*asked.KeyID)
	if err != nil {
		return nil, err
	}
	blob, err := key.encrypt(asked.Plaintext, asked.EncryptionContext)
	return encryptResponse{blob, symmetric, key.arn}, err
}

type decryptResponse struct {
	EncryptionAlgorithm string
	KeyID               string `json:"KeyId"`
	Plaintext           []byte
}

func (k *Keys) decryptText(_ *http.Request, body []byte) (any, error) {
	asked, err := decode(body)
	if err != nil {
		return nil, err
	}
	switch {
	case asked.CiphertextBlob == nil:
		return nil, invalid("ciphertextBlob", "Member must not be null")
	case len(asked.CiphertextBlob) < 1:
		return nil, invalid("ciphertextBlob", "Member must have length greater than or equal to 1")
	case len(asked.CiphertextBlob) > maxCiphertext:
		return nil, invalid("ciphertextBlob", "Member must have length less than or equal to 6144")
	}
	var wanted *madeKey
	if asked.KeyID != nil {
		if wanted, err = k.find(*asked.KeyID); err != nil {
			return nil, err
		}
	}
	key, plaintext, err := k.decrypt(asked.CiphertextBlob, asked.EncryptionContext)
	if err != nil {
		return nil, err
	}
	if wanted != nil && wanted != key {
		return nil, awsapi.Errorf("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return decryptResponse{symmetric, key.arn, plaintext}, nil
}

// invalid words a refusal as AWS's frameworks do that check a request against the service's model. It does not quote the
// value, which may be secret.
func invalid(member, constraint string) error {
	return awsapi.Errorf("ValidationException", "1 validation error detected: Value at '%s' failed to satisfy constraint: %s", member, constraint)
}
