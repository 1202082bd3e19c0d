using System.CommandLine;
using System.Text;
using Tidings.Client;

namespace Tidings.Server;

/// <summary>
/// The token that says who subscribes or publishes: from a file, standard input or the environment, never from an argument. A file is read before
/// every request, so that whoever renews the token only replaces the file.
/// </summary>
internal sealed class BearerToken
{
    public const string HeaderName = "Authorization";

    // Servers take some 8 KiB of headers; what is longer is another file.
    private const int MaxChars = 8 * 1024;

    private readonly string? _path;
    private readonly string? _token;

    private BearerToken(string? path, string? token)
    {
        _path = path;
        _token = token;
    }

    /// <summary>The option <c>--token</c> of a command.</summary>
    public static Option<string?> NewOption()
    {
        var option = new Option<string?>("--token")
        {
            Description = "Sends the token in FILE, or in standard input (@-), as \"Authorization: Bearer\". Without it, TIDINGS_TOKEN is sent if it is set.",
            HelpName = "@FILE",
        };
        option.Validators.Add(static result =>
        {
            // The complaint does not repeat what was given: it may be a secret, and what is printed is kept in logs.
            if (result.GetValueOrDefault<string?>() is not ['@', _, ..])
            {
                result.AddError(
                    "--token takes @FILE, or @- for standard input, never the token itself: everybody on this machine can see the arguments of a command, and shells keep them. Or set TIDINGS_TOKEN.");
            }
        });
        return option;
    }

    /// <summary>What the source calls before it connects; null if there is nothing to read again.</summary>
    public Func<ConnectionAttempt, CancellationToken, ValueTask>? OnConnecting => _path is null ? null : ReadAgainAsync;

    /// <summary>The token at <paramref name="place"/> (<c>@FILE</c> or <c>@-</c>), else that of the environment, else null.</summary>
    /// <exception cref="SettingException">There is no token where there should be one.</exception>
    public static async Task<BearerToken?> FindAsync(string? place, Terminal terminal, CancellationToken cancellationToken)
    {
        switch (place)
        {
            case null:
                return terminal.Variable("TIDINGS_TOKEN") is { Length: > 0 } token ? new BearerToken(null, Check(token, "TIDINGS_TOKEN")) : null;
            case "@-" when terminal.IsInputTyped:
                throw new SettingException("There is no token: --token @- takes it from standard input, which is the keyboard now. Send a file to it, or use --token @FILE.");
            case "@-":
                return new BearerToken(null, await ReadAsync(terminal.Input, "Standard input", cancellationToken));
            default:
                string path = Path.GetFullPath(place[1..]);
                await ReadFileAsync(path, cancellationToken);
                return new BearerToken(path, null);
        }
    }

    /// <summary>The token for one request.</summary>
    /// <exception cref="SettingException">The file has gone, or holds no token any more.</exception>
    public async ValueTask<string> ReadAsync(CancellationToken cancellationToken) => _token ?? await ReadFileAsync(_path!, cancellationToken); // one of the two is there

    /// <summary>Adds the header, unless it has to be made anew each time.</summary>
    public void AddTo(Dictionary<string, string> headers)
    {
        if (_token is not null)
        {
            headers.Add(HeaderName, $"Bearer {_token}");
        }
    }

    private static async Task<string> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream file = File.OpenRead(path);
            return await ReadAsync(file, $"The file {path}", cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"The token cannot be read: {failure.Message}");
        }
    }

    private static async Task<string> ReadAsync(Stream stream, string place, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        char[] text = new char[MaxChars + 1];
        int length = await reader.ReadBlockAsync(text, cancellationToken);
        return Check(new string(text, 0, length), place);
    }

    private static string Check(string text, string place)
    {
        string token = text.Trim();
        return token.Length is > 0 and <= MaxChars && token.All(character => character is > ' ' and <= '~')
            ? token
            : throw new SettingException($"{place} holds no token: a token is one word of ASCII, at most {MaxChars} characters long.");
    }

    private async ValueTask ReadAgainAsync(ConnectionAttempt attempt, CancellationToken cancellationToken)
    {
        try
        {
            attempt.Headers[HeaderName] = $"Bearer {await ReadFileAsync(_path!, cancellationToken)}"; // Called for a file only.
        }
        catch (SettingException failure)
        {
            // It was there when the command began: it is being replaced now, and the next attempt finds it.
            throw new IOException(failure.Message, failure);
        }
    }
}
