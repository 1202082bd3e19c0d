using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Tidings.AspNetCore.Tests.Authorization;

public sealed class KeyReaderTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidings-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_secret_is_used_with_HS256_unless_the_settings_say_otherwise()
    {
        Assert.Equal(["HS256"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.OtherSecret }));
        Assert.Equal(["HS512"], AlgorithmsOf(new TokenKeyOptions { Key = new string([.. Enumerable.Range(' ' + 1, 64).Select(c => (char)c)]), Algorithms = { "HS512" } }));
    }

    [Fact]
    public void Pem_of_every_kind_gives_the_public_key()
    {
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        Assert.Equal(["RS256"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.Rsa.ExportSubjectPublicKeyInfoPem() }));
        Assert.Equal(["RS256"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.Rsa.ExportRSAPublicKeyPem() }));
        Assert.Equal(["RS256"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.Rsa.ExportRSAPrivateKeyPem() }));
        Assert.Equal(["PS256", "PS512"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.Rsa.ExportPkcs8PrivateKeyPem(), Algorithms = { "PS256", "PS512" } }));
        Assert.Equal(["ES256"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.Ec.ExportSubjectPublicKeyInfoPem() }));
        Assert.Equal(["ES256"], AlgorithmsOf(new TokenKeyOptions { Key = Forge.Ec.ExportECPrivateKeyPem() }));
        Assert.Equal(["ES384"], AlgorithmsOf(new TokenKeyOptions { Key = p384.ExportPkcs8PrivateKeyPem() }));
        Assert.Equal(["ES512"], AlgorithmsOf(new TokenKeyOptions { Key = p521.ExportSubjectPublicKeyInfoPem() }));
        var request = new CertificateRequest("CN=hub", Forge.Ec, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(Forge.Now, Forge.Now.AddDays(1));
        Assert.Equal(["ES256"], AlgorithmsOf(new TokenKeyOptions { Key = certificate.ExportCertificatePem() }));
    }

    [Fact]
    public void A_set_is_read_key_by_key_and_each_takes_the_algorithms_of_its_kind()
    {
        string set = $$"""{"keys":[{{Forge.RsaJwk()}},{{Forge.EcJwk()}},{"kty":"OKP","crv":"Ed25519","x":"AA"},{"kty":"RSA","use":"enc"},{"kty":"EC","key_ops":["deriveKey"]}]}""";
        Assert.Equal(["RS256", "ES256"], AlgorithmsOf(new TokenKeyOptions { Jwks = set }));
        Assert.Equal(["ES256"], AlgorithmsOf(new TokenKeyOptions { Jwks = set, Algorithms = { "ES256", "PS256" } }));
    }

    public static TheoryData<string, string, string?> Refusals => new()
    {
        { "!ChangeThisMercureHubJWTSecretKey!", "is a secret from public examples", null },
        { "!ChangeMe!", "is a secret from public examples", null },
        { "your-256-bit-secret", "is a secret from public examples", null },
        { "a-string-secret-at-least-256-bits-long", "is a secret from public examples", null },
        { "prefix-!changeme!-and-many-more-letters-behind-it", "is a secret from public examples", null },
        { "p3D9vK2mQ8xR5tY7wZ1nB4cL6hJ0gF", "is a secret of 30 bytes, and HS256 needs at least 32", null },
        { Forge.OtherSecret, "is a secret of 32 bytes, and HS384 needs at least 48", "HS384" },
        { "abcabcabcabcabcabcabcabcabcabcabcabcabc", "is a secret that can be guessed", null },
        { "", "is empty", null },
        { Forge.OtherSecret, "is a shared secret, which cannot be used with RS256", "RS256" },
        { Forge.OtherSecret, "EdDSA, which the cryptography of this .NET does not have", "EdDSA" },
        { Forge.OtherSecret, "asks for the algorithm \"none\"", "none" },
        { Forge.Rsa.ExportSubjectPublicKeyInfoPem(), "is an RSA key, which cannot be used with HS256", "HS256" },
        { Forge.Rsa.ExportSubjectPublicKeyInfoPem(), "is an RSA key, which cannot be used with ES256", "ES256" },
        { Forge.Ec.ExportSubjectPublicKeyInfoPem(), "cannot be used with ES384", "ES384" },
        { Forge.Ec.ExportSubjectPublicKeyInfoPem(), "cannot be used with HS256", "HS256" },
        { "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "is PEM without an RSA or elliptic-curve key", null },
        { $"{Forge.Rsa.ExportSubjectPublicKeyInfoPem()}\n{Forge.Ec.ExportSubjectPublicKeyInfoPem()}", "holds several PEM blocks", null },
        { "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----", "Ed25519 keys and keys with a password are not supported", null },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_key_that_would_be_a_hole_is_refused_with_a_sentence(string key, string sentence, string? algorithm)
    {
        var options = new TokenKeyOptions { Key = key };
        if (algorithm is not null)
        {
            options.Algorithms.Add(algorithm);
        }

        KeyException refused = Assert.Throws<KeyException>(() => KeyReader.Read(options, SecretRule.Strong));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weak_RSA_key_is_refused()
    {
        using RSA weak = RSA.Create(1024);
        KeyException refused = Assert.Throws<KeyException>(() => KeyReader.Read(new TokenKeyOptions { Key = weak.ExportSubjectPublicKeyInfoPem() }, SecretRule.Any));
        Assert.Contains("1024 bits", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1"}""")] // not canonical
    [InlineData("""{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4"}""")] // not on the curve
    [InlineData("""{"kty":"RSA","n":"AQAB","e":"AQAB"}""")]
    [InlineData("""{"kty":"RSA","e":"AQAB"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""")]
    [InlineData("""{"kty":"oct","k":"AAAA"}""")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[1]}""")]
    [InlineData("""{"kty":"oct","kty":"RSA"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_bad_JSON_Web_Key_is_refused(string json) =>
        Assert.Throws<KeyException>(() => KeyReader.Read(new TokenKeyOptions { Jwks = json }, SecretRule.Strong));

    [Fact]
    public void A_set_has_at_most_32_keys()
    {
        string Set(int count) => $$"""{"keys":[{{string.Join(',', Enumerable.Repeat(Forge.EcJwk(), count))}}]}""";
        Assert.Equal(32, KeyReader.Read(new TokenKeyOptions { Jwks = Set(32) }, SecretRule.Strong).Count);
        Assert.Throws<KeyException>(() => KeyReader.Read(new TokenKeyOptions { Jwks = Set(33) }, SecretRule.Strong));
    }

    [Fact]
    public void A_published_set_gives_no_secrets_and_is_read_past_what_cannot_be_used()
    {
        string set = $$"""{"keys":[{"kty":"oct","k":"{{Forge.Encode(Forge.OtherSecret)}}"},{"kty":"RSA","n":"AQAB","e":"AQAB"},{{Forge.RsaJwk()}}]}""";
        Assert.IsType<RsaKey>(Assert.Single(JwkReader.Read(set, [], JwkOrigin.Published, SecretRule.Strong)));
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead, true)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherRead, false)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.OtherWrite, false)]
    public void A_secret_in_a_file_must_not_be_open_to_everybody(UnixFileMode mode, bool isAccepted)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such modes.");
        string secret = Write(Forge.OtherSecret + "\n", mode);
        string privateKey = Write(Forge.Ec.ExportECPrivateKeyPem(), mode);
        string publicKey = Write(Forge.Ec.ExportSubjectPublicKeyInfoPem(), mode);

        foreach (string path in new[] { secret, privateKey })
        {
            if (isAccepted)
            {
                KeyReader.Read(new TokenKeyOptions { KeyFile = path }, SecretRule.Strong);
            }
            else
            {
                KeyException refused = Assert.Throws<KeyException>(() => KeyReader.Read(new TokenKeyOptions { KeyFile = path }, SecretRule.Strong));
                Assert.Contains($"Run: chmod o= {path}", refused.Message, StringComparison.Ordinal);
                KeyReader.Read(new TokenKeyOptions { KeyFile = path }, SecretRule.Any);
            }
        }

        KeyReader.Read(new TokenKeyOptions { KeyFile = publicKey }, SecretRule.Strong);
    }

    [Fact]
    public void The_line_end_of_a_file_is_no_part_of_the_secret()
    {
        VerificationKey fromFile = KeyReader.Read(new TokenKeyOptions { KeyFile = Write(Forge.OtherSecret + "\r\n") }, SecretRule.Strong)[0];
        Assert.Equal(KeyReader.Read(new TokenKeyOptions { Key = Forge.OtherSecret }, SecretRule.Strong)[0].Fingerprint, fromFile.Fingerprint);
    }

    [Fact]
    public void A_file_that_is_missing_or_no_text_or_too_long_is_refused_by_name()
    {
        foreach (string path in new[] { "/nowhere/key", _directory.FullName, Write("\xFF", latin1: true), Write(new string('x', 300_000)) })
        {
            KeyException refused = Assert.Throws<KeyException>(() => KeyReader.Read(new TokenKeyOptions { KeyFile = path }, SecretRule.Strong));
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        }
    }

    private static string[] AlgorithmsOf(TokenKeyOptions options) =>
        [.. KeyReader.Read(options, SecretRule.Strong).SelectMany(key => key.Algorithms).Select(algorithm => algorithm.Name)];

    private string Write(string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, bool latin1 = false)
    {
        string path = Path.Combine(_directory.FullName, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, text, latin1 ? System.Text.Encoding.Latin1 : new System.Text.UTF8Encoding(false));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }

        return path;
    }
}
