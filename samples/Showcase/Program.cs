using Showcase;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.ListenOnTwoPorts();
builder.Services.AddTidings();
builder.Services.AddCors();
builder.Services.AddSingleton(Pace.From(builder.Configuration));
builder.Services.AddSingleton<Overview>();
builder.AddLogs();

WebApplication app = builder.Build();
app.UsePages();
app.UseCors();
app.MapTidingsScript();
app.MapRandomUsers();
app.MapMessages();
app.MapPing();
app.MapCounter();
app.MapImport();
app.MapTicker();
app.MapLogs();
app.MapSensors();
app.MapConnections();
app.MapOverview();
app.Run();
