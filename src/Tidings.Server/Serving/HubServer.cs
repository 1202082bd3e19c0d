using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Tidings.Server;

/// <summary>Puts the stand-alone hub together: the same parts that any app can use, on a server with nothing else on it.</summary>
internal static class HubServer
{
    /// <summary>Tells on every response that this hub must not be one that others rely on.</summary>
    public const string ModeHeader = "Tidings-Mode";

    // Kestrel's own 64 KiB would serve large responses; the hub's are streams, written in slices of this size.
    private const int ResponseBufferBytes = 16 * 1024;

    /// <exception cref="SettingException">A setting is wrong; others are found by the binder, the options' validation, or when the server starts.</exception>
    public static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> commandLine)
    {
        // Empty, because the usual builder ranks the environment's ASPNETCORE_URLS below appsettings.json.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddServerSources(commandLine);
        AddLogging(builder);
        var limits = ConnectionLimits.From(builder.Configuration);
        var tls = TlsChoice.From(builder.Configuration);
        AddKestrel(builder, limits, tls);
        limits.Apply(builder.Services, builder.Configuration);
        AddServices(builder.Services, builder.Configuration);
        if (tls.IsOn)
        {
            builder.Services.AddServerCertificate(tls);
        }

        WebApplication app = builder.Build();
        TidingsOptions options = app.Services.GetRequiredService<IOptions<TidingsOptions>>().Value;
        if (options.Dev)
        {
            app.Use(static (context, next) =>
            {
                context.Response.Headers[ModeHeader] = "dev";
                return next(context);
            });
        }

        app.UseAllowedHosts();
        app.UseTrustedProxies();
        app.UseRouting();
        MapHub(app);
        MapEndpoints(app, options);
        return app;
    }

    private static void AddLogging(WebApplicationBuilder builder)
    {
        ILoggingBuilder logging = builder.Logging;
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        // Its report of a failed start is a stack trace; the command says the same in a sentence, and whatever else comes out of the host is thrown.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // A probe's answer says whether the hub is ready; one error line for each probe of a hub that stops would say it again.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);

        // It logs requests, which nobody has asked for; but as long as it may log anything, every request, and every stream as long as it is open, has an activity and a scope.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.ColorBehavior = IsColourWanted() ? LoggerColorBehavior.Default : LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    // https://no-color.org: set and not empty. The console itself leaves colours out when it is no terminal.
    private static bool IsColourWanted() =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && !Console.IsErrorRedirected
        && Environment.GetEnvironmentVariable("TERM") != "dumb";

    private static void AddKestrel(WebApplicationBuilder builder, ConnectionLimits limits, TlsChoice tls)
    {
        // By parts: UseKestrel would also bring HTTP/3, which this hub has not been tried with.
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel((context, kestrel) =>
        {
            kestrel.AddServerHeader = false;
            limits.Apply(kestrel);
            kestrel.Limits.MaxResponseBufferSize = ResponseBufferBytes;
            kestrel.Configure(context.Configuration.GetSection("Kestrel"), reloadOnChange: false);
            kestrel.RefuseOthers(tls);
            if (tls.IsOn)
            {
                kestrel.UseServerCertificate();
            }
        });
        if (builder.Configuration.ListenUrls(tls) is { } urls)
        {
            builder.WebHost.UseUrls(urls);
        }
    }

    private static void AddServices(IServiceCollection services, IConfiguration configuration)
    {
        services.AddRouting();
        services.AddCors();
        services.AddTrustedProxies(configuration);
        services.AddAllowedHosts(configuration);
        ITidingsBuilder tidings = services.AddTidings();
        switch (LogChoice.Of(configuration))
        {
            case LogKind.Disk:
                NativeSqlite.Use();
                tidings.AddSqliteLog();
                break;
            case LogKind.Postgres:
                LogChoice.AddPostgres(tidings, configuration);
                break;
        }

        services.AddTidingsTokens();
        services.AddHealthChecks().AddTidings();
    }

    // Without an origin that may ask there is nothing to tell one, and nothing to do for each request.
    private static void MapHub(WebApplication app)
    {
        IList<string> origins = app.Services.GetRequiredService<IOptions<HubAuthorizationOptions>>().Value.CorsOrigins;
        if (origins.Count == 0)
        {
            app.MapTidings();
            return;
        }

        app.UseCors();
        app.MapTidings().RequireCors(policy => policy.WithTidingsHub(origins));
    }

    private static void MapEndpoints(WebApplication app, TidingsOptions options)
    {
        app.MapTidingsOpenApi();
        app.MapTidingsScript();
        app.MapHealthChecks("/healthz/live", new HealthCheckOptions { Predicate = static _ => false });
        app.MapHealthChecks("/healthz/ready", new HealthCheckOptions
        {
            Predicate = static check => check.Tags.Contains(TidingsHealthChecksExtensions.ReadyTag),
            ResponseWriter = static (context, report) =>
            {
                context.Response.ContentType = "text/plain";
                return context.Response.WriteAsync($"{report.Status}: {string.Join(' ', report.Entries.Values.Select(entry => entry.Description))}", context.RequestAborted);
            },
        });
        if (options.Dev)
        {
            app.MapDevPage();
        }
    }
}
