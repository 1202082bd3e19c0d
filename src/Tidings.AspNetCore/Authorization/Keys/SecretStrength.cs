using System.Text;

namespace Tidings;

/// <summary>Whether a shared secret can be trusted: long enough for its algorithms (RFC 7518, 3.2), and not one that everybody has read somewhere.</summary>
internal static class SecretStrength
{
    private const string Advice = "Make one with \"openssl rand -base64 48\" or \"tidings token --new-key\".";

    // Fewer different bytes than any random secret of this length has.
    private const int MinDistinctBytes = 8;

    /// <summary>Secrets of public examples, tutorials and standards; those that are too short anyway are here for a better sentence.</summary>
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "!ChangeThisMercureHubJWTSecretKey!",
        "!ChangeMe!",
        "!UnsecureChangeMe!",
        "aVerySecretKey",
        "mySecretKey",
        "secret",
        "secretkey",
        "password",
        "changeme",
        "changeit",
        "dev_secret",
        "your_secret",
        "your-secret-here",
        "your-secret-key",
        "your-256-bit-secret",
        "your-384-bit-secret",
        "your-512-bit-secret",
        "your-256-bit-secret-key-here",
        "a-string-secret-at-least-256-bits-long",
        "a-valid-string-secret-that-is-at-least-384-bits-long",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        "this is my custom Secret key for authentication",
        "this-is-a-very-secret-key-that-nobody-will-guess",
        "ThisIsAVerySecretKeyThatIsAtLeast32CharactersLong",
        "super-secret-jwt-token-with-at-least-32-characters-long",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "12345678901234567890123456789012",
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", // RFC 7515, A.1
        "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg", // RFC 7520, 3.5
        "404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
    };

    private static readonly string[] Telltales = ["changeme", "change-me", "change_me", "changethis", "change-this", "change_this", "replaceme", "replace-me", "replace_me"];

    /// <summary>Says why the secret cannot be trusted, or null if it can.</summary>
    public static string? Complaint(ReadOnlySpan<byte> secret, IEnumerable<SignatureAlgorithm> algorithms)
    {
        string text = Encoding.UTF8.GetString(secret);
        if (Known.Contains(text.Trim()) || Telltales.Any(telltale => text.Contains(telltale, StringComparison.OrdinalIgnoreCase)))
        {
            return $"is a secret from public examples, with which anybody can make tokens. {Advice}";
        }

        SignatureAlgorithm longest = algorithms.MaxBy(algorithm => algorithm.HashBytes)!; // a key has an algorithm
        if (secret.Length < longest.HashBytes)
        {
            return $"is a secret of {secret.Length} bytes, and {longest.Name} needs at least {longest.HashBytes}. {Advice}";
        }

        return secret.ToArray().Distinct().Count() < MinDistinctBytes ? $"is a secret that can be guessed: it repeats itself. {Advice}" : null;
    }
}
