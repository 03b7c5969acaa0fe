package vault

import (
	"errors"

	"galleria/tenant/fault"
)

var (
	// ErrSealed is a ciphertext that does not open: moved, damaged, or sealed by a key that
	// was destroyed. Only storing the secret again mends it.
	ErrSealed = fault.New(fault.Unavailable, "KEYS_DAMAGED", "密钥数据无法读取，请商家重新保存密钥", "A stored key cannot be read, the merchant must store it again")
	// ErrKeyAway is a data key that this process cannot unwrap: it lacks the key-encryption
	// key, or the key service does not answer. Nothing is damaged.
	ErrKeyAway = fault.New(fault.Unavailable, "KEYS_UNAVAILABLE", "密钥服务暂不可用，请稍后再试", "The key service is not available, please try again")
)

var (
	// ErrWrongKEK is a set of key-encryption keys that does not fit the installation. Its
	// text says which key is missing.
	ErrWrongKEK = errors.New("the key-encryption keys do not fit this installation")
	// ErrRowsLeft is a key that may not be retired, because something still needs it.
	ErrRowsLeft = errors.New("the old key is still needed")

	errWeakKEK = errors.New("vault: the key-encryption key must be 32 random bytes")
)
