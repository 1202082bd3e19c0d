using Showcase;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.ListenOnTwoPorts();
builder.AddTidingsOnDisk(News.Retention, Match.Retention);
builder.Services.AddCors();
builder.Services.AddSingleton(Pace.From(builder.Configuration));
builder.Services.AddChat();
builder.Services.AddBerths();
builder.Services.AddMatch();

WebApplication app = builder.Build();
app.UsePages();
app.UseCors();
app.MapTidingsScript();
app.MapRandomUsers();
app.MapMessages();
app.MapPing();
app.MapCounter();
app.MapConnections();
app.MapChat();
app.MapBerths();
app.MapNews();
app.MapMatch();
app.Run();
