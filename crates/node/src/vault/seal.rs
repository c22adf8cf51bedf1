//! Authenticated encryption with XChaCha20-Poly1305; its nonces are long enough to be drawn at random for ever.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a nonce.
pub(super) const NONCE_BYTES: usize = 24;

const KEY_BYTES: usize = 32;
const SECRET_FILES_INFO: &[u8] = b"althing secret files v1";
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;

/// A symmetric key.
pub(super) struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    /// Stretches a password; `log_n` was checked against its bounds.
    pub(super) fn from_password(password: &str, salt: &[u8], log_n: u8) -> Self {
        let params = scrypt::Params::new(log_n, SCRYPT_R, SCRYPT_P).expect("log_n is within bounds");
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        scrypt::scrypt(password.as_bytes(), salt, &params, key.as_mut_slice())
            .expect("32 bytes are a valid length");
        Self(key)
    }

    /// The key of the secret files, from the operator secret.
    pub(super) fn derive(operator_secret: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(None, operator_secret)
            .expand(SECRET_FILES_INFO, key.as_mut_slice())
            .expect("32 bytes are a valid length");
        Self(key)
    }

    /// Seals a text; `context` must be given again to open it.
    pub(super) fn seal(&self, nonce: &[u8; NONCE_BYTES], context: &[u8], text: &[u8]) -> Vec<u8> {
        self.cipher()
            .encrypt(&(*nonce).into(), Payload { msg: text, aad: context })
            .expect("texts are far shorter than the cipher's limit")
    }

    /// Opens what was sealed with this key, nonce and context, and nothing else.
    pub(super) fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        context: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let payload = Payload { msg: sealed, aad: context };
        self.cipher().decrypt(&(*nonce).into(), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.0).into())
    }
}
