package keys

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// A ciphertext is a header, the hash of the key's ARN, a nonce, and what AES-GCM makes of the text. AWS does not document its
// own form; its header is known from what it gives to everyone: AQICAHh… in base64.
const (
	nonceSize  = 12
	headerSize = 5
)

func header() []byte { return []byte{0x01, 0x02, 0x02, 0x00, 0x78} }

func (k *madeKey) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.material)
	if err != nil {
		return nil, fmt.Errorf("use the material of a key: %w", err)
	}
	return cipher.NewGCM(block)
}

func (k *madeKey) prefix() []byte {
	hash := sha256.Sum256([]byte(k.arn))
	return append(header(), hash[:]...)
}

// encrypt makes a ciphertext that only the same key and context open.
func (k *madeKey) encrypt(plaintext []byte, context map[string]string) ([]byte, error) {
	sealer, err := k.sealer()
	if err != nil {
		return nil, err
	}
	blob := append(k.prefix(), make([]byte, nonceSize)...)
	nonce := blob[len(blob)-nonceSize:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	return sealer.Seal(blob, nonce, plaintext, authenticated(blob, context)), nil
}

// authenticated are the bytes that are not encrypted, but without which nothing is decrypted.
func authenticated(prefix []byte, context map[string]string) []byte {
	all := bytes.Clone(prefix)
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, text := range []string{name, context[name]} {
			all = binary.BigEndian.AppendUint32(all, uint32(len(text)))
			all = append(all, text...)
		}
	}
	return all
}

// Decrypt opens a ciphertext that was made without a context, for the local cloud itself.
func (k *Keys) Decrypt(blob []byte) ([]byte, error) {
	_, plaintext, err := k.decrypt(blob, nil)
	return plaintext, err
}

// MakerARN is the ARN of the key that has made a ciphertext.
func (k *Keys) MakerARN(blob []byte) (arn string, found bool) {
	const prefixSize = headerSize + sha256.Size
	if len(blob) < prefixSize {
		return "", false
	}
	key := k.maker(blob[:prefixSize])
	if key == nil {
		return "", false
	}
	return key.arn, true
}

// decrypt opens a ciphertext. What is wrong with it, KMS does not tell.
func (k *Keys) decrypt(blob []byte, context map[string]string) (*madeKey, []byte, error) {
	const prefixSize = headerSize + sha256.Size
	if len(blob) < prefixSize+nonceSize || !bytes.Equal(blob[:headerSize], header()) {
		return nil, nil, invalidCiphertext()
	}
	key := k.maker(blob[:prefixSize])
	if key == nil {
		return nil, nil, invalidCiphertext()
	}
	sealer, err := key.sealer()
	if err != nil {
		return nil, nil, err
	}
	end := prefixSize + nonceSize
	plaintext, err := sealer.Open(nil, blob[prefixSize:end], blob[end:], authenticated(blob[:end], context))
	if err != nil {
		return nil, nil, invalidCiphertext()
	}
	if key.disabled {
		return nil, nil, awsapi.Errorf("DisabledException", "%s is disabled.", key.arn)
	}
	return key, plaintext, nil
}

// maker is the key that has made a ciphertext, by what that begins with.
func (k *Keys) maker(prefix []byte) *madeKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, key := range k.known {
		if bytes.Equal(key.prefix(), prefix) {
			return key
		}
	}
	return nil
}

func invalidCiphertext() error { return awsapi.Errorf("InvalidCiphertextException", "") }
