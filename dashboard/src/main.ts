import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { router } from './router';
import { applyTheme } from './stores/preferences';
import './styles/tokens.css';
import './styles/base.css';

applyTheme();
createApp(App).use(createPinia()).use(router).mount('#app');
