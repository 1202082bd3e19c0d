using System.Text.Json;

namespace Tidings.Tests.Topics;

/// <summary>One case of <c>fixtures/urlpattern/cases.json</c>, and what comes of it here.</summary>
internal sealed class UrlPatternCase(JsonElement element)
{
    public string Expected => Text("expected")!; // every case has it

    public string Description => $"{Expected}: {element.GetProperty("pattern")}{(Text("base") is { } of ? $" at {of}" : "")} {(element.TryGetProperty("input", out JsonElement input) ? input : "")}";

    public static UrlPatternCase[] All()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "urlpattern", "cases.json")));
        return [.. document.RootElement.EnumerateArray().Select(element => new UrlPatternCase(element.Clone()))];
    }

    /// <summary>What comes of the case, in the words of the fixture.</summary>
    public string Outcome()
    {
        UrlPattern pattern;
        try
        {
            pattern = ReadPattern();
        }
        catch (FormatException)
        {
            return "error";
        }

        if (!element.TryGetProperty("input", out JsonElement input))
        {
            return "valid";
        }

        if (ReadInput(input) is not { } url || !pattern.Matches(UrlParts.Of(url)))
        {
            return "none";
        }

        return Components(url) is { } wrong ? wrong : "match";
    }

    private UrlPattern ReadPattern()
    {
        JsonElement pattern = element.GetProperty("pattern");
        if (pattern.ValueKind == JsonValueKind.String)
        {
            return UrlPattern.Parse(pattern.GetString()!, BaseOf(Text("base")));
        }

        return Text("base") is not null ? throw new FormatException("A base stands within the components.")
            : UrlPattern.Create(InitOf(pattern), BaseOf(Member(pattern, "baseURL")));
    }

    private static UrlPatternInit InitOf(JsonElement pattern) => new()
    {
        Protocol = Member(pattern, "protocol"),
        Username = Member(pattern, "username"),
        Password = Member(pattern, "password"),
        Hostname = Member(pattern, "hostname"),
        Port = Member(pattern, "port"),
        Pathname = Member(pattern, "pathname"),
        Search = Member(pattern, "search"),
        Hash = Member(pattern, "hash"),
    };

    private Url? ReadInput(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.String)
        {
            Url? of = Text("inputBase") is { } text ? UrlParser.Parse(text) : null;
            return of is null && Text("inputBase") is not null ? null : UrlParser.Parse(input.GetString()!, of);
        }

        try
        {
            return UrlOf(InitOf(input), Member(input, "baseURL") is { } of ? UrlParser.Parse(of) ?? throw new FormatException("no base") : null);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>A URL of single components (URL Pattern standard, "process a URLPatternInit", type "url"): only the public cases speak of such.</summary>
    private static Url UrlOf(UrlPatternInit init, Url? of)
    {
        bool namesHost = init.Protocol is not null || init.Hostname is not null;
        bool namesPort = namesHost || init.Port is not null;
        bool namesPath = namesPort || init.Pathname is not null;
        bool namesSearch = namesPath || init.Search is not null;
        bool namesHash = namesSearch || init.Hash is not null;
        string scheme = init.Protocol is null ? of?.Scheme ?? "" : UrlComponents.Protocol(init.Protocol.EndsWith(':') ? init.Protocol[..^1] : init.Protocol);
        string path = init.Pathname ?? (namesPath ? "" : of?.Path ?? "");
        if (init.Pathname is not null)
        {
            if (of is { HasOpaquePath: false } && !path.StartsWith('/'))
            {
                path = of.Path[..(of.Path.LastIndexOf('/') + 1)] + path;
            }

            path = scheme.Length == 0 || Url.IsSpecialScheme(scheme) ? UrlComponents.Pathname(path) : UrlComponents.OpaquePathname(path);
        }

        string port = init.Port is null ? namesPort ? "" : $"{of?.Port}" : UrlComponents.Port(init.Port);
        return new Url
        {
            Scheme = scheme,
            Username = init.Username is not null ? UrlComponents.UserInfo(init.Username) : namesPort ? "" : of?.Username ?? "",
            Password = init.Password is not null ? UrlComponents.UserInfo(init.Password) : namesPort || init.Username is not null ? "" : of?.Password ?? "",
            Host = init.Hostname is not null ? UrlComponents.Hostname(init.Hostname) : namesHost ? "" : of?.Host ?? "",
            Port = port.Length == 0 || port == $"{Url.DefaultPort(scheme)}" ? null : int.Parse(port),
            Path = path,
            Query = init.Search is not null ? UrlComponents.Search(init.Search.StartsWith('?') ? init.Search[1..] : init.Search) : namesSearch ? "" : of?.Query ?? "",
            Fragment = init.Hash is not null ? UrlComponents.Hash(init.Hash.StartsWith('#') ? init.Hash[1..] : init.Hash) : namesHash ? "" : of?.Fragment ?? "",
        };
    }

    private string? Components(Url url)
    {
        if (!element.TryGetProperty("components", out JsonElement components))
        {
            return null;
        }

        foreach (JsonProperty component in components.EnumerateObject())
        {
            string? actual = component.Name switch
            {
                "protocol" => url.Scheme,
                "username" => url.Username,
                "password" => url.Password,
                "hostname" => url.Host,
                "port" => $"{url.Port}",
                "pathname" => url.Path,
                "search" => url.Query,
                _ => url.Fragment,
            };
            if ((actual ?? "") != component.Value.GetString())
            {
                return $"{component.Name} is {actual}";
            }
        }

        return null;
    }

    private static Url? BaseOf(string? text) => text is null ? null : UrlParser.Parse(text) ?? throw new FormatException("The base is no URL.");

    private string? Text(string name) => Member(element, name);

    private static string? Member(JsonElement of, string name) => of.TryGetProperty(name, out JsonElement member) ? member.GetString() : null;
}
