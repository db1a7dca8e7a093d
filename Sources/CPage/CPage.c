#include "CPage.h"

// #embed is C23, and clang reads it in every version of C. It is also a dependency: a changed file is
// embedded again. A new file of Web/ needs three lines and a row of the table; a unit test sees when
// they are missing.
static const uint8_t api_js[] = {
#embed "../../Web/api.js"
};
static const uint8_t chart_js[] = {
#embed "../../Web/chart.js"
};
static const uint8_t findings_js[] = {
#embed "../../Web/findings.js"
};
static const uint8_t forecast_js[] = {
#embed "../../Web/forecast.js"
};
static const uint8_t icon_svg[] = {
#embed "../../Web/icon.svg"
};
static const uint8_t index_html[] = {
#embed "../../Web/index.html"
};
static const uint8_t list_js[] = {
#embed "../../Web/list.js"
};
static const uint8_t main_js[] = {
#embed "../../Web/main.js"
};
static const uint8_t page_css[] = {
#embed "../../Web/page.css"
};
static const uint8_t policy_js[] = {
#embed "../../Web/policy.js"
};
static const uint8_t text_js[] = {
#embed "../../Web/text.js"
};

static const struct headstart_page_file files[] = {
    {"/page/api.js", "text/javascript", api_js, sizeof api_js},
    {"/page/chart.js", "text/javascript", chart_js, sizeof chart_js},
    {"/page/findings.js", "text/javascript", findings_js, sizeof findings_js},
    {"/page/forecast.js", "text/javascript", forecast_js, sizeof forecast_js},
    {"/page/icon.svg", "image/svg+xml", icon_svg, sizeof icon_svg},
    {"/", "text/html", index_html, sizeof index_html},
    {"/page/list.js", "text/javascript", list_js, sizeof list_js},
    {"/page/main.js", "text/javascript", main_js, sizeof main_js},
    {"/page/page.css", "text/css", page_css, sizeof page_css},
    {"/page/policy.js", "text/javascript", policy_js, sizeof policy_js},
    {"/page/text.js", "text/javascript", text_js, sizeof text_js},
};

size_t headstart_page_file_count(void) { return sizeof files / sizeof files[0]; }

struct headstart_page_file headstart_page_file_at(size_t index) { return files[index]; }
