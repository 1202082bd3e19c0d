using System.CommandLine.Parsing;

namespace Tidings.Server;

/// <summary>Reads <c>--header NAME:VALUE</c>. A header that cannot be sent is told before anything is sent.</summary>
internal static class RequestHeader
{
    public static KeyValuePair<string, string>[] Parse(ArgumentResult result) => [.. result.Tokens.Select(token => Parse(token.Value, result))];

    private static KeyValuePair<string, string> Parse(string text, ArgumentResult result)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            // Not repeated: it may well be a secret that lacks its name.
            result.AddError("--header takes NAME:VALUE, for example \"X-Api-Version: 2\".");
            return default;
        }

        string name = text[..colon].Trim();
        string value = text[(colon + 1)..].Trim();
        using var request = new HttpRequestMessage();
        if (!request.Headers.TryAddWithoutValidation(name, value))
        {
            result.AddError($"--header cannot send \"{name}\": it is not the name of a header of a request without a body.");
        }
        else if (value.Any(character => !char.IsAscii(character) || (char.IsControl(character) && character != '\t')))
        {
            result.AddError($"--header cannot send the value of \"{name}\": a header holds visible ASCII alone.");
        }

        return new KeyValuePair<string, string>(name, value);
    }
}
