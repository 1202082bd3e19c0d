using FsCheck;
using FsCheck.Fluent;

namespace Tidings.AspNetCore.Tests.Authorization;

public sealed class TokenParserTests
{
    private static readonly string[] Pieces =
    [
        ".", "..", "=", "A", "-_", "\0", "\uD800", "é", " ", "eyJ", Forge.Encode(Forge.GoodHeader), Forge.Encode(Forge.Claims()), Forge.Encode("{}"), Forge.Encode("[]"), Forge.Encode("""{"alg":1}"""),
        Forge.Encode("""{"alg":"RS256","kid":"\uD800"}"""), Forge.Encode("""{"alg":"HS256","typ":"at+jwt"}"""), new string('a', 200), Forge.Good(),
    ];

    private static Gen<string> Tokens => Gen.Elements(Pieces).ListOf(8).Select(pieces => string.Concat(pieces));

    [Fact]
    public void Whatever_the_token_the_parser_only_says_yes_or_no() =>
        Prop.ForAll(Tokens.ToArbitrary(), token => CompactJws.TryParse(token, out CompactJws? jws, out _) == jws is not null).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_judged_without_an_exception() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll<string?>(text => CompactJws.TryParse(text ?? "", out _, out _) || true));

    [Fact]
    public void Any_payload_is_judged_without_an_exception()
    {
        HubKeys keys = HubKeys.Read(OptionsOfTests(), SecretRule.Strong, (_, _, _) => throw new InvalidOperationException(), out _);
        var validator = new TokenValidator(() => keys, new Tidings.Testing.FakeTimeProvider());
        string[] values = ["null", "1", "-1", "1e999", "\"\"", "[]", "{}", "[[]]", "[{}]", "true", "\"\\u0000\"", Forge.AllTopics, "{\"publish\":[[]]}", "{\"subscribe\":{}}"];
        string[] names = ["exp", "nbf", "iat", "aud", "iss", "sub", "authorization_details", "mercure", "https://mercure.rocks/"];
        Gen<List<(string, string)>> claims = Gen.Elements(names).Zip(Gen.Elements(values)).ListOf(3).Select(list => list.DistinctBy(claim => claim.Item1).ToList());
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(claims.ToArbitrary(), changes =>
            {
                (string, string?)[] changed = [.. changes.Select(change => (change.Item1, (string?)change.Item2))];
                (ValidToken? current, TokenDefect? defect) = validator.ValidateAsync(Forge.Good(changed), TokenPlace.Header, default).AsTask().Result;
                (ValidToken? legacy, TokenDefect? other) = validator.ValidateAsync(Forge.Legacy(Forge.PublisherSecret, changed), TokenPlace.Header, default).AsTask().Result;
                current?.ToIdentity("test");
                legacy?.ToIdentity("test");
                return current is null == defect is not null && legacy is null == other is not null;
            }));
    }

    [Fact]
    public void Base64url_has_one_text_for_the_same_bytes() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            string text = System.Buffers.Text.Base64Url.EncodeToString(bytes);
            return Base64UrlText.TryDecode(text, out byte[] decoded) && decoded.AsSpan().SequenceEqual(bytes)
                && !Base64UrlText.TryDecode(text + "=", out _) && !Base64UrlText.TryDecode(text + "\n", out _) && !Base64UrlText.TryDecode(" " + text, out _);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("", true)]
    [InlineData("AA", true)]
    [InlineData("AB", false)]
    [InlineData("AAA", true)]
    [InlineData("AAB", false)]
    [InlineData("A", false)]
    [InlineData("AAAA", true)]
    [InlineData("AAAAA", false)]
    [InlineData("AA==", false)]
    [InlineData("A A", false)]
    [InlineData("AA+A", false)]
    public void Base64url_is_canonical_or_nothing(string text, bool isRead) => Assert.Equal(isRead, Base64UrlText.TryDecode(text, out _));

    private static HubAuthorizationOptions OptionsOfTests()
    {
        var options = new HubAuthorizationOptions();
        Forge.Trust(options);
        return options;
    }
}
